/// What went wrong between this program and a relay.
///
/// The code is for programs, the message for people: one line that says what failed and what to try.
/// A task's own cancellation is not among these: it is thrown as `CancellationError`.
public struct TrickleError: Error, Sendable {
    /// What kind of failure it is. More codes may come, so a `switch` needs a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// Nothing answers at the relay's address: a wrong host or port, or a relay that is not running.
        public static let relayUnreachable = Code(description: "relay unreachable")
        /// The relay's certificate is not trusted, or is for another host.
        public static let certificateRefused = Code(description: "certificate refused")
        /// The other side does not speak what the URL says (TLS, HTTP, trickle).
        public static let notARelay = Code(description: "not a relay")
        /// A connection broke while it was in use, or went silent for the stall timeout.
        public static let connectionLost = Code(description: "connection lost")
        /// The relay has no such channel, and it did not appear within the time given.
        public static let channelNotFound = Code(description: "channel not found")
        /// A publisher's channel was closed by somebody else.
        public static let channelClosed = Code(description: "channel closed")
        /// Another publishes the channel.
        public static let channelTaken = Code(description: "channel taken")
        /// The publisher of a segment broke off: its bytes end before their proper end.
        public static let segmentAborted = Code(description: "segment aborted")
        /// A segment's transfer ended early: the reader fell out of the window, the relay broke off, or the connection broke.
        public static let segmentCut = Code(description: "segment cut")
        /// The relay answered that it will not do this; ``TrickleError/status`` says how it put it.
        public static let refused = Code(description: "refused")
        /// The relay wants credentials, or others than it gets (401, 403). To try again with the same ones is of no use.
        public static let accessDenied = Code(description: "access denied")
        /// The relay is full or stopping, and stayed so for longer than this client waits.
        public static let relayBusy = Code(description: "relay busy")
        /// The configuration cannot work: a file that cannot be read, a header with a line break, …
        public static let invalidConfiguration = Code(description: "invalid configuration")
        /// The call came in a wrong order: a write after the end, a segment before `open()`, …
        public static let misuse = Code(description: "misuse")
    }

    public let code: Code
    /// One line: what failed and what to try. Ends without a full stop.
    public let message: String
    /// The HTTP status that the relay answered with, where it answered.
    public let status: Int?
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, status: Int? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.underlying = underlying
    }

    /// Whether the failure concerns one segment only: the sequence of segments goes on after it.
    public var concernsOneSegment: Bool { code == .segmentAborted || code == .segmentCut }
}

extension TrickleError: CustomStringConvertible {
    public var description: String { message }
}
