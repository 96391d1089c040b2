import Testing
import TrickleTesting

/// The commands that the documents show for streams that are one request, as they are typed.
@Suite(.serialized, .needsFFmpeg, .needsCurl, .timeLimit(.minutes(TestLimit.minutes))) struct LiveDocumentTests {
    private let folder = TemporaryFolder()

    /// The command lines of a document that send to a door, each with the name of the door's container.
    private static func commands(of document: String) -> [String] {
        let bytes = TemporaryFolder.contents(of: "\(BuiltTool.packageRoot)/\(document)") ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("    ") && $0.contains("http://localhost:2939/cam/live.") }
            .map { line in String(line.split(separator: " #")[0].drop { $0 == " " }) }
    }

    private static let commands = commands(of: "docs/live-sources.md") + commands(of: "README.md")

    @Test func `both documents show how to send`() {
        #expect(Self.commands(of: "README.md").count == 1)
        #expect(Self.commands(of: "docs/live-sources.md").count >= 10)
    }

    /// What makes a command endless, or needs a device, has something in its place that ends.
    private func finite(_ command: String) -> String {
        command.replacing(
            "v4l2src !",
            with: "videotestsrc is-live=true num-buffers=75 ! video/x-raw,width=160,height=90,framerate=25/1 !")
    }

    private func makeMedia() async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"), seconds: 2, size: "160x90")
        try await TestMedia.makeClip(at: folder("capture.ts"), seconds: 2, size: "160x90")
        try await TestMedia.makeClip(at: folder("capture.mkv"), seconds: 2, size: "160x90")
        let encoders = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", folder("capture.webm")]
        _ = try await RunningTool.run("ffmpeg", ["-v", "error", "-nostdin", "-i", folder("clip.mp4")] + encoders)
        // A camera that nobody has here. Without libav it writes a bare stream of H.264.
        let camera = """
            #!/bin/sh
            case "$*" in
            *--libav-format*) format='-f mpegts' ;;
            *) format='-an -bsf:v h264_mp4toannexb -f h264' ;;
            esac
            exec ffmpeg -v error -nostdin -re -i '\(folder("clip.mp4"))' -c copy $format -

            """
        TemporaryFolder.write(camera.utf8, to: folder("rpicam-vid"))
        _ = try await RunningTool.run("chmod", ["+x", folder("rpicam-vid")])
    }

    @Test(
        .needsGStreamerElements("curlhttpsink", "souphttpclientsink", "tsparse", "mpegtsmux", "openh264enc"),
        .needsEncoder("libvpx"), .needsEncoder("libopus"), arguments: commands)
    func `a command of the documents publishes`(command: String) async throws {
        try await makeMedia()
        try await RelayProcess.with(["--publisher-linger", "2s"]) { relay in
            let reader = try RunningTool(
                "read2pipe", ["--stream", "cam", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            let typed = finite(command).replacing("http://localhost:2939", with: relay.url)
            let sender = try await RunningTool.run(
                "sh", ["-c", "PATH=\"$PWD:$PATH\"; \(typed)"], directory: folder.path)
            #expect(sender.status.isSuccess, "\(sender.outputText)\(sender.errors)")
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            #expect(TSComparison.continuityErrors(read.output).isEmpty)
            TemporaryFolder.write(read.output, to: folder("out.ts"))
        }
        #expect(try await FrameDigests(of: folder("out.ts")).videoCount >= 25)
    }
}
