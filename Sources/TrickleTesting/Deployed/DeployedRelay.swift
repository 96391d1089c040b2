import Foundation

/// A stand-in for the servers that are deployed (docs/protocol.md, chapter 16): it announces nothing, keeps five segments, has no `next`,
/// answers 470 with the next number, writes for whoever posts, and forgets a channel with its DELETE.
public final class DeployedRelay: Sendable {
    /// What makes one server worse than the other.
    public struct Habits: Sendable {
        /// After so long a POST whose body has not begun is answered with 500, once for each number.
        public var firstByteTimeout: Duration?
        /// Where a POST is answered with 500: after so many bytes of that segment.
        public var breaksOff: (segment: Int, after: Int)?
        /// Whether those who wait when the channel ends are told so; otherwise they get 404 as those who come later.
        public var tellsOfTheEnd = true

        public init() {}
    }

    /// Its URL, without a slash at the end.
    public let url: String
    /// What it has and had.
    public let channels = DeployedChannels()
    private let listener: Int32

    public init(_ habits: Habits = Habits()) throws {
        let listener = socket(AF_INET, Socket.stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0 && listen(listener, 64) == 0
            }
        }
        guard isListening else { throw DeployedRelayFailure(description: "cannot listen") }
        self.listener = listener
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { [channels] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                Thread.detachNewThread {
                    DeployedConnection(connection, channels, habits).serve()
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        _ = Socket.close(listener)
    }
}

public struct DeployedRelayFailure: Error, CustomStringConvertible {
    public let description: String
}
