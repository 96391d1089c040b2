import ChildProcesses
import Testing
import TrickleTesting

/// Players that know nothing but a URL.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct PlayerURLTests {
    private let folder = TemporaryFolder()

    @Test(.needsCurl)
    func `every frame of a clip comes out of the endless transport stream, and players have nothing to say`()
        async throws
    {
        let clip = folder("clip.ts")
        let output = folder("out.ts")
        try await TestMedia.makeClip(at: clip)
        try await RelayProcess.with { relay in
            _ = try await RunningTool.run("curl", ["-sf", "-X", "POST", "\(relay.url)/clip"])
            let recorder = try RunningTool("curl", ["-sfN", "-o", output, "\(relay.url)/clip.ts"])
            let player = try RunningTool(
                "ffmpeg", ["-nostdin", "-v", "warning", "-i", "\(relay.url)/clip.ts", "-f", "null", "-"])
            let publisher = try await RunningTool.run(
                "publish-file", [clip, "--stream", "clip", "--url", relay.url, "--from-start"])
            #expect(publisher.status.isSuccess, "\(publisher.errors)")
            #expect(try await recorder.finish().status.isSuccess)
            let played = try await player.finish()
            #expect(played.status.isSuccess)
            #expect(played.errors == "")
        }
        let sent = try await FrameDigests(of: clip)
        #expect(sent.videoCount == 100)
        #expect(try await FrameDigests(of: output) == sent)
    }
}
