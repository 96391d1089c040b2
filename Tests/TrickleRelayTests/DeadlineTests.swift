import Logging
import NIOCore
import NIOPosix
import Testing
import TrickleRelay

/// Clients that keep the relay waiting are let go.
@Suite struct DeadlineTests {
    /// What a plain connection that sends `request` is told until the relay closes it.
    private func answer(
        to request: String, _ change: (inout RelayConfiguration) -> Void
    ) async throws -> String {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        change(&configuration)
        let relay = try RelayServer.start(configuration: configuration, logger: Logger(label: "test"))
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: relay.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let text = try await connection.executeThenClose { inbound, outbound in
            if !request.isEmpty { try await outbound.write(ByteBuffer(string: request)) }
            var text = ""
            for try await bytes in inbound { text += String(buffer: bytes) }
            return text
        }
        await relay.shutDown()
        return text
    }

    @Test func aHeadThatDoesNotEndGets408() async throws {
        let text = try await answer(to: "GET /cam/0 HTTP/1.1\r\nHost: x\r\n") { $0.headTimeout = .milliseconds(1) }
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("Connection: close"))
    }

    @Test func aConnectionWithoutARequestIsClosedInSilence() async throws {
        let text = try await answer(to: "") { $0.keepAliveTimeout = .milliseconds(1) }
        #expect(text.isEmpty)
    }

    @Test func oneConnectionTooManyFromAnAddressGets429() async throws {
        let text = try await answer(to: "") { $0.connectionsPerAddress = 0 }
        #expect(text.hasPrefix("HTTP/1.1 429 "))
    }
}
