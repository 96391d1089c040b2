import CommandFrame
import MediaChildren
import NIOCore
import TrickleRelay
import TrickleTesting

@testable import Ingest

/// A relay in this process, with its live doors.
///
/// - Parameter log: Gets what the doors log.
func withIngest(
    _ change: (inout RelayConfiguration) -> Void = { _ in }, log: LogLines = LogLines(),
    _ body: (RelayServer) async throws -> Void
) async throws {
    let session = ToolSession(tool: "test", options: try LogOptions.parse(["--quiet"]))
    let children = ChildBudget(total: 2) { _ in ChildShare(maximum: 2, maximumWaiting: 0, option: "--children") }
    try await withRelayServer(
        change,
        ramps: {
            LiveIngest($0, children: children, session: session.with(stop: session.stop, logger: log.logger))
        }, body)
}

/// The head of a request to the door of the channel `cam`.
func liveHead(_ query: String, _ field: String) -> String {
    "POST /cam/live.ts\(query) HTTP/1.1\r\nHost: relay\r\n\(field)\r\n\r\n"
}

/// Sends a whole body to the door of the channel `cam`, and returns the answer.
func putLive(_ bytes: [UInt8], _ query: String = "?pace=none", to relay: RelayServer) async throws -> String {
    try await PlainClient.with(relay) { client in
        try await client.send(
            liveHead(
                query + (query.isEmpty ? "?" : "&") + "x=y", "Content-Length: \(bytes.count)\r\nConnection: close"))
        try await client.send(ByteBuffer(bytes: bytes))
        return await client.rest()
    }
}
