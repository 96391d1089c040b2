import Foundation
import Testing
import TrickleTesting

/// HTTP/2 with each frame in hand: that all of it works, and that each limit of docs/limits.md holds.
@Suite(
    .enabled(if: PythonClients.areInstalled, "no Python clients: make clients"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct HTTP2Tests {
    static let scenarios = [
        "publishes_and_reads_on_one_connection", "many_posts_beside_a_body_that_goes_on", "bytes_trickle",
        "waits_are_answered_side_by_side", "a_reset_publish_is_aborted", "a_slow_stream_holds_nobody",
        "a_publisher_may_send_far_ahead",
        "an_early_answer_stops_the_body",
        "only_so_many_streams", "thousands_of_requests_in_one_go", "bad_requests_are_told",
        "a_preface_byte_by_byte", "small_data_and_a_neighbour", "a_head_without_an_end", "small_continuations",
        "a_head_that_is_too_large", "resets_in_a_row", "pings_in_a_row", "settings_in_a_row",
        "empty_data_in_a_row", "window_updates_beyond_all", "a_stream_window_beyond_all",
        "bodies_of_another_length", "garbage_behind_the_preface",
    ]
    private static let script = script("scenarios.py")

    private static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: name).path
    }

    /// Runs a scenario to its end.
    private func expect(_ scenario: String, _ options: [String] = ["--reader-timeout", "10m"]) async throws {
        try await RelayProcess.with(options) { relay in
            let run = try await PythonClients.run(Self.script, [relay.url, scenario])
            #expect(run.status.isSuccess, "\(scenario): \((run.outputText + run.errors).suffix(1500))")
        }
    }

    @Test(arguments: scenarios) func `a scenario of frames goes as it should`(_ scenario: String) async throws {
        try await expect(scenario)
    }

    @Test func `every scenario is run`() async throws {
        let run = try await PythonClients.run(Self.script, ["--list"])
        #expect(run.outputText.split(separator: "\n").map(String.init) == Self.scenarios)
    }

    @Test(arguments: [1, 101, 201]) func `random frames do no harm, and bodies come whole among them`(seed: Int)
        async throws
    {
        try await RelayProcess.with(["--reader-timeout", "10m"]) { relay in
            let run = try await PythonClients.run(Self.script("fuzz.py"), [relay.url, "\(seed)", "100"])
            #expect(run.status.isSuccess, "\((run.outputText + run.errors).suffix(1500))")
        }
    }

    @Test func `a stream whose window stays shut is cut`() async throws {
        try await expect("a_stream_that_takes_nothing_is_cut", ["--reader-timeout", "1s"])
    }

    @Test func `a connection without streams is closed with GOAWAY`() async throws {
        try await expect("an_idle_connection_is_told_goodbye", ["--keep-alive", "1s", "--reader-timeout", "10m"])
    }

    @Test func `a proxy's streams count for the clients that it names`() async throws {
        try await expect(
            "a_proxy_speaks_for_many",
            ["--trust-proxy", "127.0.0.0/8", "--max-connections-per-address", "3", "--reader-timeout", "10m"])
    }

    @Test func `playlists that wait share a connection with a viewer`() async throws {
        let folder = TemporaryFolder()
        for number in 0..<9 { TemporaryFolder.write(TestChannel.segment(number), to: folder("\(number)")) }
        try await RelayProcess.with(["--reader-timeout", "10m"]) { relay in
            let run = try await PythonClients.run(
                Self.script, [relay.url, "playlists_wait_beside_a_viewer", folder.path])
            #expect(run.status.isSuccess, "\((run.outputText + run.errors).suffix(1500))")
        }
    }

    @Test(arguments: [
        "the_relay_goes_down", "the_last_answer_comes_when_the_relay_goes_down",
        "a_stream_begins_as_the_relay_goes_down",
    ])
    func `streams end as they should when the relay goes down`(_ scenario: String) async throws {
        try await RelayProcess.with { relay in
            let tool = try RunningTool(PythonClients.path, ["-B", Self.script, relay.url, scenario])
            _ = await tool.hasWritten(atLeast: 6)
            await relay.stop()
            let run = try await tool.finish()
            #expect(run.status.isSuccess, "\(run.errors.suffix(1500))")
        }
    }

    // python-h2 takes no DATA behind GOAWAY.
    @Test(.needsCurl) func `an answer under way is finished when the relay goes down`() async throws {
        let folder = TemporaryFolder()
        let byteCount = 40_000_000
        TemporaryFolder.write(Array(repeating: UInt8(ascii: "x"), count: byteCount), to: folder("body"))
        try await withRelayServer {
            $0.shutdownTimeout = .seconds(3600)
        } _: { relay in
            let url = "\(relay.url)long/0"
            let posted = try await RunningTool.run("curl", ["-sS", "-T", folder("body"), "-X", "POST", url])
            try #require(posted.status.isSuccess, "\(posted.errors)")
            let reader = try RunningTool(
                "curl", ["-sS", "--http2-prior-knowledge", "--limit-rate", "30M", "-o", folder("read"), url])
            try await until { TemporaryFolder.contents(of: folder("read"))?.isEmpty == false }
            await relay.shutDown()
            let read = try await reader.finish()
            let count = TemporaryFolder.contents(of: folder("read"))?.count
            #expect(read.status.isSuccess && count == byteCount, "\(count ?? 0): \(read.errors)")
        }
    }
}
