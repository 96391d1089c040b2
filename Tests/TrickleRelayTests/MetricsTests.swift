import Logging
import Testing
import TrickleCore
import TrickleRelay

@Suite struct MetricsTests {
    @Test func aPageTellsWhatHasHappened() async throws {
        var configuration = RelayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        let relay = try RelayServer.start(configuration: configuration, logger: Logger(label: "test"))
        let publisher = try relay.publisher(of: try ChannelName("a\"b"))
        let segment = try publisher.nextSegment()
        try segment.write("hello".utf8)
        try segment.finish()
        _ = try publisher.nextSegment().write("x".utf8)
        let page = await relay.metrics()
        for line in [
            "trickle_channels 1", "trickle_connections 0", #"trickle_channel_bytes_in_total{channel="a\"b"} 6"#,
            #"trickle_channel_segments_total{channel="a\"b"} 2"#, #"trickle_channel_aborted_total{channel="a\"b"} 1"#,
            #"trickle_channel_next{channel="a\"b"} 2"#,
        ] {
            #expect(page.split(separator: "\n").contains(Substring(line)), "\(line) is not in\n\(page)")
        }
        await relay.shutDown()
    }
}
