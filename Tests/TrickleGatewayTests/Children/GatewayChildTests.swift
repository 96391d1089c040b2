import ChildProcesses
import Logging
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What the gateway's ffmpegs may take, and what becomes of their work when they fail.
@Suite(.needsFFmpegAndCurl, .timeLimit(.minutes(TestLimit.minutes))) struct GatewayChildTests {
    private let channel = try! ChannelName("cam")
    private let folder = TemporaryFolder()
    private let logger = Logger(label: "test")

    /// A configuration whose ffmpeg is a shell script.
    private func configuration(_ script: String) throws -> GatewayConfiguration {
        TemporaryFolder.write("#!/bin/sh\n\(script)\n".utf8, to: folder("ffmpeg"))
        try #require(chmod(folder("ffmpeg"), 0o755) == 0)
        var configuration = GatewayConfiguration.unhurried
        configuration.program = folder("ffmpeg")
        return configuration
    }

    private func get(_ path: String, from relay: RelayServer) async throws -> (status: Substring, body: [UInt8]) {
        let result = try await RunningTool.run(
            "curl", ["-s", "-o", folder("body"), "-w", "%{http_code}", "http://127.0.0.1:\(relay.port)\(path)"])
        return (
            String(decoding: result.output, as: UTF8.self)[...], TemporaryFolder.contents(of: folder("body")) ?? []
        )
    }

    private func text(_ name: String) -> String {
        String(decoding: TemporaryFolder.contents(of: folder(name)) ?? [], as: UTF8.self)
    }

    @Test(arguments: [("thumbnail.jpg", "524288 5"), ("live.mp4", "262144 unlimited")])
    func eachHasLimitsAndReadsNothingButItsPipe(_ name: String, limits: String) async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        let configuration = try configuration(
            "echo $(ulimit -d) $(ulimit -t) >'\(folder("limits"))'; echo \"$@\" >'\(folder("arguments"))'; exit 1")
        try await withRelayServer(ramps: { Gateway($0, configuration: configuration, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: channel))
            #expect(try await get("/cam/\(name)", from: relay).status == "503")
            #expect(text("limits") == limits + "\n")
            #expect(text("arguments").contains("-max_pixels 36000000 "))
            #expect(text("arguments").contains("-threads 1 "))
            #expect(text("arguments").contains("-protocol_whitelist pipe -f mpegts -i pipe:0 "))
        }
    }

    @Test func aPictureThatIsTooLargeIsNotDecoded() async throws {
        let huge = try await TestClip(
            "huge.ts", in: folder,
            arguments: [
                "-f", "lavfi", "-i", "color=s=8000x6000:r=1:d=3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "1",
                "-threads", "1",
            ])
        try await withRelayServer(ramps: { Gateway($0, configuration: .unhurried, logger: logger) }) { relay in
            try huge.publish(to: relay.publisher(of: channel))
            #expect(try await get("/cam/thumbnail.jpg", from: relay).status == "503")
        }
    }

    @Test(arguments: ["kill -9 $$", "exit 1"])
    func whatAnFFmpegThatFailsHasWrittenIsNoPicture(_ ending: String) async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        let configuration = try configuration("printf x >>'\(folder("runs"))'; printf '\\377\\330\\377'; \(ending)")
        try await withRelayServer(ramps: { Gateway($0, configuration: configuration, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: channel))
            for count in 1...2 {
                #expect(try await get("/cam/thumbnail.jpg", from: relay).status == "503")
                // With the picture, and with the whole rest of its segment.
                #expect(text("runs").count == 2 * count)
            }
        }
    }

    @Test func theMovieOfAnFFmpegThatIsKilledIsCut() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        let configuration = try configuration("echo $$ >'\(folder("pid"))'; exec ffmpeg \"$@\"")
        try await withRelayServer(ramps: { Gateway($0, configuration: configuration, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: channel))
            let viewer = try RunningTool(
                "curl", ["-sS", "-N", "-o", folder("live.mp4"), "http://127.0.0.1:\(relay.port)/cam/live.mp4"])
            try await eventually { TemporaryFolder.contents(of: folder("live.mp4"))?.isEmpty == false }
            let pid = try #require(Int32(text("pid").prefix { $0.isNumber }))
            kill(pid, SIGKILL)
            // curl's CURLE_PARTIAL_FILE: the last chunk is missing.
            #expect(try await viewer.finish().status == .exited(18))
        }
    }

    @Test func oneTooManyGets503AndItsPlaceIsFreeWhenItHasEnded() async throws {
        let clip = try await TestClip("clip.ts", in: folder)
        var configuration = GatewayConfiguration.unhurried
        configuration.maximumChildCount = 1
        configuration.movieGrace = .zero
        configuration.picturePatience = .zero
        let one = configuration
        try await withRelayServer(ramps: { Gateway($0, configuration: one, logger: logger) }) { relay in
            try clip.publish(to: relay.publisher(of: channel))
            let viewer = try RunningTool(
                "curl", ["-sS", "-N", "-o", folder("live.mp4"), "http://127.0.0.1:\(relay.port)/cam/live.mp4"])
            try await eventually { TemporaryFolder.contents(of: folder("live.mp4"))?.isEmpty == false }
            #expect(try await get("/cam/thumbnail.jpg", from: relay).status == "503")
            _ = await viewer.process.stop()
            try await eventually { try await get("/cam/thumbnail.jpg", from: relay).status == "200" }
        }
    }
}
