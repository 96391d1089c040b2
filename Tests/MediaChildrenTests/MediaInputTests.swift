import Testing
import TrickleTesting

@testable import Endings
@testable import MediaChildren

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

@Suite struct MediaInputTests {
    @Test func `nothing and a dash are standard input`() throws {
        #expect(try MediaInput(nil) == .standardInput)
        #expect(try MediaInput("-") == .standardInput)
    }

    @Test(arguments: [
        ("rtsp://camera/1", MediaInput.url(scheme: "rtsp", text: "rtsp://camera/1"), true),
        ("UDP://@:5000", .url(scheme: "udp", text: "UDP://@:5000"), true),
        ("https://host/clip.mp4", .url(scheme: "https", text: "https://host/clip.mp4"), false),
        ("lavfi:testsrc2=rate=25", .device(format: "lavfi", name: "testsrc2=rate=25"), false),
        ("v4l2:/dev/video0", .device(format: "v4l2", name: "/dev/video0"), true),
        ("x11grab::0.0", .device(format: "x11grab", name: ":0.0"), true),
    ])
    func `sources that are no files are known by their form`(text: String, input: MediaInput, isLive: Bool) throws {
        #expect(try MediaInput(text) == input)
        #expect(input.isLive == isLive)
    }

    @Test func `files may have any name`() throws {
        let folder = TemporaryFolder()
        for name in ["clip.mp4", "a:b.ts", "-x", "mit Leerzeichen.mkv", "http:"] {
            let path = folder(name)
            TemporaryFolder.write([1], to: path)
            #expect(try MediaInput(path) == .file(path: path))
            #expect(try MediaInput("file:\(path)") == .file(path: path))
            #expect(try MediaInput(path).arguments(timeout: .seconds(1)) == ["-i", "file:\(path)"])
        }
    }

    @Test func `what is no file is refused by its name`() throws {
        let folder = TemporaryFolder()
        for path in [folder("none.mp4"), folder.path, "file:\(folder("none"))"] {
            #expect(throws: ToolFailure.self) { try MediaInput(path) }
        }
        #expect(try MediaInput("/dev/null") == .stream(path: "/dev/null"))
    }

    @Test func `a timeout is put in the terms of each protocol`() throws {
        let rtsp = try MediaInput("rtsp://camera/1").arguments(timeout: .seconds(10))
        #expect(
            rtsp == [
                "-fpsprobesize", "0", "-rtsp_flags", "prefer_tcp", "-timeout", "10000000", "-i", "rtsp://camera/1",
            ])
        let rtmp = try MediaInput("rtmp://host/app").arguments(timeout: .milliseconds(1500))
        #expect(rtmp.suffix(4) == ["-rw_timeout", "1500000", "-i", "rtmp://host/app"])
        let udp = try MediaInput("udp://@:5000").arguments(timeout: .microseconds(7))
        #expect(udp == ["-fpsprobesize", "0", "-timeout", "7", "-i", "udp://@:5000"])
        // ffmpeg refuses more than 32 bits there.
        let patient = try MediaInput("udp://@:5000").arguments(timeout: .seconds(3600))
        #expect(patient == ["-fpsprobesize", "0", "-timeout", "2147483647", "-i", "udp://@:5000"])
    }

    @Test func `a named pipe is not looked at before it is read`() throws {
        let folder = TemporaryFolder()
        #expect(mkfifo(folder("pipe.ts"), 0o600) == 0)
        #expect(try MediaInput(folder("pipe.ts")).comesOnce)
        #expect(try !MediaInput("/dev/null").comesOnce)
        #expect(try MediaInput(listeningOn: "tcp://127.0.0.1:9000").comesOnce)
    }

    @Test(arguments: [
        ("rtsp://0.0.0.0:8554/cam", ["-rtsp_flags", "listen", "-i", "rtsp://0.0.0.0:8554/cam"]),
        ("rtmp://0.0.0.0/live/cam", ["-listen", "1", "-i", "rtmp://0.0.0.0/live/cam"]),
        ("srt://:9000?latency=9", ["-f", "mpegts", "-i", "srt://:9000?latency=9&mode=listener"]),
        ("tcp://127.0.0.1:9000", ["-f", "mpegts", "-i", "tcp://127.0.0.1:9000?listen=1"]),
    ])
    func `each protocol is listened on in its own way`(url: String, arguments: [String]) throws {
        #expect(try MediaInput(listeningOn: url).arguments(timeout: .seconds(1)) == arguments)
    }

    @Test(arguments: ["http://0.0.0.0:80", "clip.mp4", "udp://:5000"])
    func `what nobody can push to is no place to listen`(url: String) {
        let failure = #expect(throws: ToolFailure.self) { try MediaInput(listeningOn: url) }
        #expect(failure?.exit == .usage)
    }

    @Test func `RTSP is carried as the user says`() throws {
        let input = try MediaInput("rtsp://camera/1")
        #expect(input.arguments(timeout: .seconds(1), transport: .udp)[2..<4] == ["-rtsp_transport", "udp"])
        #expect(input.arguments(timeout: .seconds(1), transport: .tcp)[2..<4] == ["-rtsp_transport", "tcp"])
    }
}
