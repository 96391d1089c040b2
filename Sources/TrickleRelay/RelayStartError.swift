#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a relay cannot listen: one line that says what to do.
public struct RelayStartError: Error, CustomStringConvertible {
    public let description: String
    public let underlying: SocketError

    /// - Parameter option: what chooses another address.
    init(host: String?, port: Int, option: String, _ error: SocketError) {
        let address = "\(host ?? ""):\(port)"
        underlying = error
        description =
            switch error.code {
            case EADDRINUSE:
                "cannot listen on \(address): the port is taken; stop what listens there, or choose another with \(option)"
            case EACCES:
                "cannot listen on \(address): ports below 1024 are for root; choose another with \(option)"
            case EADDRNOTAVAIL:
                "cannot listen on \(address): this machine has no such address"
            default:
                "cannot listen on \(address): \(error)"
            }
    }
}
