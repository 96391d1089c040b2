import NIOCore

/// Another protocol than HTTP on the rest of a connection (RFC 9110, section 7.8).
public struct ProtocolSwitch: Sendable {
    /// As it stands in `Upgrade`.
    public var name: String
    let install: @Sendable (any Channel, RelayLane) throws -> Void

    /// - Parameter install: Puts the protocol's handlers at the end of the connection's pipeline, on its event loop. What the client has sent
    ///   behind its request comes after that. They get ``SwitchedConnectionEvent``s, and close the connection for each.
    public init(to name: String, install: @escaping @Sendable (any Channel) throws -> Void) {
        self.init(to: name) { channel, _ in try install(channel) }
    }

    init(to name: String, install: @escaping @Sendable (any Channel, RelayLane) throws -> Void) {
        self.name = name
        self.install = install
    }
}

/// Why a connection that has left HTTP is to be closed: an inbound event of its channel.
public enum SwitchedConnectionEvent: Sendable {
    /// The relay goes down.
    case relayDrains
    /// What the client was let in by counts no longer.
    case accessEnded
}
