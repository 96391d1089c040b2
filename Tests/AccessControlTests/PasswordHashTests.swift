import Testing

@testable import AccessControl

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

    @Test(arguments: [
        ("$2b$14$KBCwKxOzLha2MUDgW0PjXe", nil), ("$2b$15$KBCwKxOzLha2MUDgW0PjXe", "a cost of 15, and 14 is the most"),
        ("$2a$31$KBCwKxOzLha2MUDgW0PjXe", "a cost of 31, and 14 is the most"),
        // As crypt_gensalt(3) makes them for the costs 5, 8, 9 and 11.
        ("$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/", nil), ("$y$jCT$k2XAnEHBqQ1Ct2aMXFKNa/", nil),
        ("$y$jDT$k2XAnEHBqQ1Ct2aMXFKNa/", "work for 256 MiB, and 128 is the most"),
        ("$gy$jFT$k2XAnEHBqQ1Ct2aMXFKNa/", "work for 1024 MiB, and 128 is the most"),
        ("$7$DU..../....k2XAnEHBqQ1Ct2aMXFKNa/", nil),
        ("$7$EU..../....k2XAnEHBqQ1Ct2aMXFKNa/", "work for 256 MiB, and 128 is the most"),
        // Parallel threads, or more passes: 2 digits more, one of which says that there is the other.
        ("$y$jCT..$k2XAnEHBqQ1Ct2aMXFKNa/", "work for 256 MiB, and 128 is the most"),
        ("$y$jCT/2$k2XAnEHBqQ1Ct2aMXFKNa/", "work for 768 MiB, and 128 is the most"),
        ("$y$jzzzzzzzT$k2XAnEHBqQ1Ct2aMXFKNa/", "an unknown cost"), ("$y$j$k2XAnEHBqQ1Ct2aMXFKNa/", "an unknown cost"),
        ("$6$saltsalt", nil), ("$6$rounds=1000000$saltsalt", nil),
        ("$6$rounds=1000001$saltsalt", "1000001 rounds, and 1000000 is the most"),
    ])
    func whatTakesTooLongToCheckIsTold(_ setting: String, _ excess: String?) throws {
        let told = PasswordCost(setting + "$hash").excess
        #expect(excess == nil ? told == nil : told?.hasPrefix(excess!) == true, "\(told ?? "nothing")")
    }
}
