import ChildProcesses
import Foundation
import Testing
import TrickleTesting

/// What `publish-file --probe` says, and that the options say where a stream is cut.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct ProbeTests {
    private let folder = TemporaryFolder()

    private func probe(_ arguments: [String]) async throws -> [String: Any] {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip)
        let result = try await RunningTool.run("publish-file", [clip, "--probe", "--json"] + arguments)
        #expect(result.status.isSuccess, "\(result.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(result.output))
        return try #require(object as? [String: Any])
    }

    @Test func `the report tells what the stream is, without a relay`() async throws {
        let report = try await probe([])
        let program = try #require((report["programs"] as? [[String: Any]])?.first)
        let streams = try #require(program["streams"] as? [[String: Any]])
        #expect(streams.compactMap { $0["codec"] as? String }.sorted() == ["AAC", "H.264"])
        #expect(streams.contains { $0["width"] as? Int == 320 && $0["height"] as? Int == 180 })
        #expect(report["segmentCount"] as? Int == 4)
        #expect((report["errors"] as? [String: Int])?.isEmpty == true)
    }

    @Test func `a shortest segment merges GOPs`() async throws {
        #expect(try await probe(["--min-segment", "1500ms"])["segmentCount"] as? Int == 2)
    }

    @Test func `a longest segment cuts between keyframes`() async throws {
        let count = try await probe(["--max-segment", "400ms"])["segmentCount"] as? Int
        #expect(try #require(count) > 4)
    }

    @Test func `a file that is no transport stream is told of as ffmpeg would publish it`() async throws {
        let clip = folder("clip.mp4")
        try await TestMedia.makeClip(at: clip)
        let result = try await RunningTool.run("publish-file", [clip, "--probe"])
        #expect(result.status.isSuccess, "\(result.errors)")
        #expect(String(decoding: result.output, as: UTF8.self).contains("H.264 320x180"))
    }

    @Test func `a generator that has no end is probed for as long as the timeout says`() async throws {
        let result = try await RunningTool.run(
            "publish-file", ["lavfi:testsrc2=s=160x120", "--probe", "--timeout", "1s"])
        #expect(result.status.isSuccess, "\(result.errors)")
        #expect(String(decoding: result.output, as: UTF8.self).contains("H.264 160x120"))
        #expect(result.errors.contains("this is what came in 1.0 s"))
    }

    @Test func `a program that is not there is an error that names those that are`() async throws {
        let clip = folder("clip.ts")
        try await TestMedia.makeClip(at: clip, seconds: 1)
        try await RelayProcess.with { relay in
            for more in [[], ["--transcode"]] {
                let result = try await RunningTool.run(
                    "publish-file", [clip, "--stream", "a", "--url", relay.url, "--program", "99"] + more)
                #expect(result.status == .exited(1))
                #expect(result.errors.contains("there is no program 99"))
            }
        }
    }
}
