import Testing

@testable import TrickleCore

@Suite struct ChannelDirectoryTests {
    @Test func namesStayInOrderWhateverComesAndGoes() throws {
        var directory = ChannelDirectory()
        var expected: Set<ChannelName> = []
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let name = try ChannelName("cam\(Int.random(in: 0..<200, using: &generator))")
            let version = directory.version
            let changes: Bool
            if Bool.random(using: &generator) {
                changes = expected.insert(name).inserted
                directory.insert(name)
            } else {
                changes = expected.remove(name) != nil
                directory.remove(name)
            }
            #expect(directory.version == version + (changes ? 1 : 0))
        }
        #expect(directory.names == expected.sorted())
    }

    @Test func theRelaysOwnNamesAreNotListed() {
        var directory = ChannelDirectory()
        directory.insert(.changefeed)
        #expect(directory.names.isEmpty)
        #expect(directory.version == 0)
    }
}
