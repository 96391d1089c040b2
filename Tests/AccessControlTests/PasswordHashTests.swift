import AccessControl
import Testing

struct PasswordHashTests {
    @Test func aHashFitsItsPasswordAlone() throws {
        let hash = try #require(PasswordHash.make(from: "correct horse", cost: 4))
        #expect(hash.fits("correct horse"))
        for wrong in ["", "correct hors", "correct horse ", "Correct horse", "correct horse\0", "correct horse\0x"] {
            #expect(!hash.fits(wrong), "\(wrong.debugDescription)")
        }
        #expect(PasswordHash(hash.text) == hash)
    }

    @Test func twoHashesOfAPasswordDiffer() {
        #expect(PasswordHash.make(from: "a", cost: 4) != PasswordHash.make(from: "a", cost: 4))
    }

    @Test func passwordsThatBcryptCannotTellApartHaveNoHash() {
        #expect(PasswordHash.make(from: "", cost: 4) == nil)
        #expect(PasswordHash.make(from: "a\0b", cost: 4) == nil)
        #expect(PasswordHash.make(from: String(repeating: "a", count: 73), cost: 4) == nil)
        #expect(PasswordHash.make(from: String(repeating: "a", count: 72), cost: 4) != nil)
    }

    @Test(arguments: [
        "$2y$05$WmVp7bUJBXUcjRVeEdKr9OTd0wJTYxqVVtTYqBLRWRA7s1UqYxUn6", "secret", "$1$abc$def", "$y$", "$2b$10$", "*",
        "", "$6$rounds=5000$", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "$2b$04$tooshort",
    ])
    func whatIsNoHashIsRefusedOrFitsNothing(_ text: String) {
        if let hash = PasswordHash(text) { #expect(!hash.fits("secret") || text.hasPrefix("$2y$")) }
    }
}
