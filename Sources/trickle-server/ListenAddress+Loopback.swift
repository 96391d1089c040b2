import CommandFrame
import TrickleRelay

extension ListenAddress {
    /// Whether only programs of this machine reach it (RFC 6890, section 2.2; RFC 6761, section 6.3).
    var isLoopback: Bool {
        guard let host else { return false }
        guard let address = ClientAddress(host) else { return host.lowercased() == "localhost" }
        return ["127.0.0.0/8", "::1"].contains { AddressRange($0)?.contains(address) == true }
    }
}
