import Synchronization
import TrickleRelay

/// A switch that makes a relay break rules, and the rules that it breaks.
///
/// The relay itself knows nothing of it: a ``FaultyRelay`` stands before it.
public struct RelayFault: Sendable {
    public let name: String
    /// The rules whose cases must fail.
    public let breaks: [String]

    /// Tells the relay something that it should not be told.
    public var configure: @Sendable (inout RelayConfiguration) -> Void = { _ in }
    /// Changes a request before the relay sees it, or answers it.
    var request: @Sendable (inout FaultyRequest, FaultContext) -> Void = { _, _ in }
    /// Changes the head of an answer.
    var response: @Sendable (FaultyRequest, inout FaultyHead) -> Void = { _, _ in }
    /// Which answers are thrown away.
    var swallows: @Sendable (FaultyRequest, FaultyHead) -> Bool = { _, _ in false }
    /// Changes a whole body that has a length.
    var body: (@Sendable (FaultyRequest, String) -> String)?
    /// Changes a piece of a body; pieces are counted from 0.
    var piece: (@Sendable (FaultyRequest, _ index: Int, [UInt8]) -> [UInt8])?
    /// Changes the trailer section of a chunked answer.
    var trailers: @Sendable (String) -> String = { $0 }
    var connection: ConnectionFault?

    public init(_ name: String, _ breaks: [String], _ set: (inout RelayFault) -> Void) {
        self.name = name
        self.breaks = breaks
        set(&self)
    }
}

extension RelayFault: CustomStringConvertible {
    public var description: String { name }
}

/// What a ``FaultyRelay`` does wrong with connections rather than messages.
enum ConnectionFault {
    /// After each answer, good or bad.
    case closesAfterAnswers
    case closesAfterErrors
    /// After a second without a request.
    case closesSilentConnections
    /// A client that shuts down its sending side is taken for gone.
    case halfCloseIsClose
    /// A publisher that breaks off is not noticed.
    case brokenPublisherHangs
    /// A publisher that breaks off is taken for one that has finished.
    case brokenPublisherFinishes
    /// A chunk size that is none is taken for the end.
    case badChunkIsEnd
    /// Chunked bodies go on to the relay when they have ended.
    case holdsBodies
    /// What came together with a request is thrown away.
    case forgetsPipelined
    /// An answer before the end of the request's body is followed by a reset.
    case resetsAfterEarlyAnswers
    /// A body that is cut off is given a proper end.
    case cutIsEnd
    /// A body that has come to its end is cut off.
    case endIsCut
    /// Connections stay open when the relay has closed them.
    case neverCloses
    /// A slow reader holds everybody up.
    case slowReaderStopsAll
    /// A reader is cut off when its waiting time is over, in the middle of a body too.
    case waitCutsBodies
    /// A reader that has waited for a second is cut off.
    case cutsWaitingReaders
    /// Peers that have died without a word are never looked for.
    case hasNoKeepAlive
    /// A restart cuts off everybody who reads.
    case restartCutsReaders
    case answersHeadWithBody
}

/// What a fault can remember and ask, for as long as its relay runs.
final class FaultContext: Sendable {
    let upstream: ConformanceTarget
    private let names = Mutex<Set<String>>([])
    let last = Mutex<[String: Int]>([:])
    let slowReaders = Atomic<Int>(0)
    let restarts = Atomic<Int>(0)

    init(upstream: ConformanceTarget) { self.upstream = upstream }

    /// - Returns: whether the name is new.
    func remember(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    func forget(_ name: String) { _ = names.withLock { $0.remove(name) } }

    /// Asks the relay something on the side.
    func ask(_ method: String, _ path: String, body: String = "") -> RawResponse? {
        guard let connection = try? RawConnection(to: upstream, patience: .seconds(2)) else { return nil }
        let length = method == "POST" ? "Content-Length: \(body.utf8.count)\r\n" : ""
        let request = "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(length)Connection: close\r\n\r\n\(body)"
        guard (try? connection.send(request)) != nil else { return nil }
        return try? connection.receiveResponse(to: method)
    }

    func next(of channel: String) -> Int? {
        ask("GET", "/\(channel)/next").flatMap { $0["Lp-Trickle-Latest"] }.flatMap { Int($0) }
    }
}
