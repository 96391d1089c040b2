import Sockets
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct SystemAddressTests {
    private func resolve(_ host: String?, port: Int = 80, isPassive: Bool = false) throws -> [SystemAddress] {
        try SystemAddress.resolve(host, port: port, type: SystemAddress.streamType, isPassive: isPassive)
    }

    private func port(of address: SystemAddress) -> Int {
        address.withPointer { pointer, _ in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
        }
    }

    @Test func `an address is itself, and keeps its host at another port`() throws {
        let addresses = try resolve("127.0.0.1", port: 2939)
        #expect(addresses.map(\.family) == [AF_INET] && addresses.map { port(of: $0) } == [2939])
        #expect(port(of: addresses[0].at(port: 80)) == 80 && port(of: addresses[0]) == 2939)
        let other = try resolve("::1", port: 1)
        #expect(other.map(\.family) == [AF_INET6] && port(of: other[0].at(port: 65_535)) == 65_535)
    }

    @Test func `what is no name says why`() {
        #expect(throws: SystemAddress.UnknownHost.self) { try resolve("no name at all") }
    }

    @Test(arguments: [
        ("239.0.0.1", true), ("224.0.0.1", true), ("223.255.255.255", false), ("240.0.0.1", false), ("ff02::1", true),
        ("fe80::1", false), ("::ffff:239.0.0.1", false),
    ])
    func `groups are told from hosts`(host: String, isGroup: Bool) throws {
        #expect(try resolve(host).map(\.isMulticast) == [isGroup])
    }

    @Test func `a path of a socket may be as long as the system has room for`() {
        let most = String(repeating: "x", count: SystemAddress.maximumPathByteCount)
        #expect(SystemAddress(unixPath: most)?.family == AF_UNIX)
        #expect(SystemAddress(unixPath: most + "x") == nil)
    }
}
