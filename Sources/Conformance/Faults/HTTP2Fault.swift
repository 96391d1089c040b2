/// What is wrong with a relay's HTTP/2, and the rules that it breaks: of the lines in the table of HTTP-24 that cases see through the
/// suite's tunnel. Of the end of connections they see the end only.
///
/// The relay itself knows nothing of it: a ``FaultyRelay`` stands before it.
public struct HTTP2Fault: Sendable {
    public let name: String
    /// The rules whose cases must fail over HTTP/2.
    public let breaks: [String]
    let kind: Kind?

    enum Kind {
        /// A body that has come to its end is reset.
        case endIsReset
        /// What is said behind a body is not passed on.
        case hasNoTrailers
        /// A body that is reset is given a proper end.
        case resetIsEnd
        /// A publisher that resets its stream is taken for one that has finished.
        case brokenPublisherFinishes
        /// A publisher that resets its stream, or goes, is not noticed.
        case brokenPublisherHangs
        /// Streams are reset that are answered before the end of their requests.
        case resetsEarlyAnswers
        /// Nobody is told to go on.
        case hasNoContinue
        /// Bodies go on to the relay when they have ended.
        case holdsBodies
    }

    private init(_ name: String, _ breaks: [String], _ kind: Kind?) {
        self.name = name
        self.breaks = breaks
        self.kind = kind
    }

    public static let all = [
        HTTP2Fault("endIsReset", ["GET-10"], .endIsReset),
        HTTP2Fault("hasNoTrailers", ["GET-11", "PUB-21"], .hasNoTrailers),
        HTTP2Fault("resetIsEnd", ["GET-15"], .resetIsEnd),
        HTTP2Fault("brokenPublisherFinishes", ["PUB-21", "GET-11", "GET-13"], .brokenPublisherFinishes),
        HTTP2Fault("brokenPublisherHangs", ["PUB-21", "GET-11", "GET-13"], .brokenPublisherHangs),
        HTTP2Fault("resetsEarlyAnswers", ["HTTP-16"], .resetsEarlyAnswers),
        HTTP2Fault("hasNoContinue", ["HTTP-15"], .hasNoContinue),
        HTTP2Fault("holdsBodies", ["PUB-3", "GET-7"], .holdsBodies),
    ]

    /// Passes all on as it is; its rules are those that others break.
    public static let none = HTTP2Fault("none", Array(Set(all.flatMap(\.breaks))).sorted(), nil)
}

extension HTTP2Fault: CustomStringConvertible {
    public var description: String { name }
}
