import ChildProcesses
import CommandFrame
import Endings
import Logging
import MediaChildren
import NIOCore
import TrickleRelay

/// Answers the hooks of media servers over HTTP.
public struct HookServer: Sendable {
    /// The largest body of a request: 64 KiB.
    static let maximumBodyBytes = 64 << 10

    private static var limits: RouteServer.Limits {
        var limits = RouteServer.Limits()
        limits.connectionCount = 256
        limits.connectionsPerAddress = 32
        limits.headByteCount = 16 << 10
        limits.requestTimeout = .seconds(10)
        return limits
    }

    private let server: RouteServer

    /// - Throws: ``ToolFailure`` when the address cannot be had.
    public static func start(
        at address: ListenAddress, _ hook: LiveHook, logger: Logger
    ) async throws -> HookServer {
        do { try SystemRoom.forTools(eventLoopCount: RouteServer.threadCount).check() } catch {
            throw ToolFailure("\(error)")
        }
        // What is asked for is the hook's own affair, with any method.
        let route = RampRoute(
            "/*", methods: [.get, .head, .post, .put, .delete, .patch, .options], action: .publish,
            body: .collected(atMost: maximumBodyBytes)
        ) { request in
            let access = HookAccess.Request(
                source: "\(request.client.address)", host: request.field("Host"), origin: request.field("Origin"),
                credentials: request.client.credentials)
            let answer = await hook.answer(
                method: request.method.rawValue, target: request.target, body: Array(request.body.readableBytesView),
                from: access)
            return response(answer)
        }
        do {
            let server = try RouteServer.start(
                host: address.host, port: address.port, option: "--hook", limits: limits, logger: logger,
                routes: [route])
            return HookServer(server: server)
        } catch {
            throw ToolFailure("\(error)")
        }
    }

    private static func response(_ answer: LiveHook.Answer) -> RampResponse {
        var fields = [
            (name: "Content-Type", value: answer.contentType), (name: "Cache-Control", value: "no-store"),
        ]
        if answer.status == 503 { fields.append((name: "Retry-After", value: "1")) }
        if answer.status == 405 { fields.append((name: "Allow", value: "GET, HEAD, POST, PUT, DELETE")) }
        return RampResponse(status: answer.status, fields: fields, .bytes(ByteBuffer(string: answer.body)))
    }

    public var port: Int { server.port }

    public func stop() async { await server.stop() }
}
