import Logging
import NIOCore
import Synchronization
import TrickleCore
import TrickleRelay
import TrickleTesting

/// Stands in for a relay that lets clients do some things and not others: it takes all segments, and has one for each number.
final class GuardedServer: Sendable {
    private struct State {
        var requests: [String] = []
        var authorizations: Set<String?> = []
    }

    private let server: RouteServer
    private let journal: Journal

    private final class Journal: Sendable {
        let state = Mutex(State())
    }

    /// - Parameter refuses: which requests are answered with `status`, as `GET /cam/0`.
    static func start(status: Int, refuses: @escaping @Sendable (String) -> Bool) throws -> GuardedServer {
        let journal = Journal()
        let route = RampRoute("/*", methods: [.get, .head, .post, .delete], body: .collected(atMost: 1 << 20)) {
            request in
            let line = "\(request.method.rawValue) \(request.target)"
            journal.state.withLock { state in
                state.requests.append(line)
                state.authorizations.insert(request.field("Authorization"))
            }
            return refuses(line) ? .problem(status, "not you") : Self.answer(request)
        }
        let server = try RouteServer.start(
            host: "127.0.0.1", port: 0, option: "--addr", logger: LogLines().logger, routes: [route])
        return GuardedServer(server, journal)
    }

    private init(_ server: RouteServer, _ journal: Journal) {
        self.server = server
        self.journal = journal
    }

    private static func answer(_ request: RampRequest) -> RampResponse {
        let number = request.path.last.flatMap { SequenceNumber($0) } ?? .zero
        let text = request.path.last == "next" ? "0" : "segment \(number)\n"
        return RampResponse(
            fields: [(HeaderName.sequence, "\(number)"), (HeaderName.latest, "\(number)")],
            .bytes(ByteBuffer(string: request.method == .get ? text : "")))
    }

    var url: String { "http://127.0.0.1:\(server.port)" }
    var requests: [String] { journal.state.withLock { $0.requests } }
    var authorizations: Set<String?> { journal.state.withLock { $0.authorizations } }

    func stop() async { await server.stop() }
}
