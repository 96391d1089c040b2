import Testing

@testable import TrickleRelay

@Suite struct ClientAddressTests {
    private func address(_ text: String) throws -> ClientAddress { try #require(ClientAddress(text)) }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.1", "0.0.0.1"), ("255.255.255.255", "255.255.255.255"),
        ("2001:DB8::1", "2001:db8::1"), ("::1", "::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
    ])
    func `an address is written as usual, an IPv4-mapped one as IPv4`(text: String, written: String) throws {
        #expect(try address(text).description == written)
    }

    @Test(arguments: [
        "", "192.0.2", "192.0.2.1:80", "unknown", "192.0.2.256", "::1%eth0", "[::1]", " ::1", "1", "192.0.2.1\u{0}x",
    ])
    func `what is no address is none`(text: String) {
        #expect(ClientAddress(text) == nil)
    }

    @Test func `a household is an IPv4 address, or the first half of an IPv6 address`() throws {
        #expect(try address("192.0.2.1").household == address("192.0.2.1"))
        #expect(try address("2001:db8:1:2:3::4").household == address("2001:db8:1:2::"))
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.8", false), ("192.0.2.77/24", "192.0.2.1", true), ("0.0.0.0/0", "203.0.113.1", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "192.0.2.1", true), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("::1", "::1", true), ("::1", "::2", false),
        ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true), ("2001:db8:0:0:8000::/65", "2001:db8::1", false),
        ("2001:db8::/64", "2001:db8::ffff:0:0:1", true), ("127.0.0.1", "::ffff:127.0.0.1", true),
    ])
    func `a range has the addresses that begin as it does`(range: String, text: String, isIn: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(address(text)) == isIn)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "localhost", "10.0.0.0/+8",
    ])
    func `what is no range is none`(text: String) {
        #expect(AddressRange(text) == nil)
    }
}

@Suite struct TrustedProxiesTests {
    private static let proxies = TrustedProxies(["10.0.0.0/8", "::1"].compactMap { AddressRange($0) })

    @Test(arguments: [
        (["192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 198.51.100.7"], "198.51.100.7"),
        (["192.0.2.1, 198.51.100.7, 10.1.1.1"], "198.51.100.7"),
        (["192.0.2.1", "198.51.100.7", " 10.1.1.1 "], "198.51.100.7"),
        (["10.2.2.2,10.1.1.1"], "10.2.2.2"),
        (["192.0.2.1:4000"], "192.0.2.1"), (["[2001:db8::1]:4000"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"),
        (["2001:db8::1,::1\t"], "2001:db8::1"),
        // Marks that make one character of a separator and what is beside it.
        (["[9.9.9.9]\u{600}, 192.0.2.1"], "192.0.2.1"), (["9.9.9.9\u{600},192.0.2.1"], "192.0.2.1"),
        (["9.9.9.9,\u{301} 192.0.2.1"], "10.0.0.1"), (["[9.9.9.9]\u{600}"], "10.0.0.1"),
        (["192.0.2.1\u{301}"], "10.0.0.1"),
        (["[192.0.2.1]junk"], "10.0.0.1"), (["192.0.2.1:x"], "10.0.0.1"), (["192.0.2.1:"], "10.0.0.1"),
        (["[192.0.2.1]:"], "10.0.0.1"), (["192.0.2.1\u{0}"], "10.0.0.1"), (["192.0.2.1:123456"], "10.0.0.1"),
        (["192.0.2.1, unknown"], "10.0.0.1"), (["192.0.2.1, unknown, 10.1.1.1"], "10.1.1.1"),
        ([""], "10.0.0.1"), ([], "10.0.0.1"), ([",,"], "10.0.0.1"), (["[", "]"], "10.0.0.1"),
    ])
    func `the last hop that no trusted proxy has is the client`(fields: [String], client: String) throws {
        let peer = try #require(ClientAddress("10.0.0.1"))
        #expect(Self.proxies.client(fields, from: peer).description == client)
    }

    @Test func `from elsewhere nothing is taken`() throws {
        let peer = try #require(ClientAddress("192.0.2.9"))
        #expect(Self.proxies.client(["198.51.100.7"], from: peer) == peer)
    }
}
