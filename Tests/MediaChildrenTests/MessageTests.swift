import ChildProcesses
import MPEGTS
import Synchronization
import Testing
import TrickleTesting

@testable import CommandFrame
@testable import MediaChildren

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Lines that people see, as text.
@Suite struct MessageTests {
    @Test(arguments: [
        ([UInt8](), "", "it is empty: has what writes it failed?"),
        (
            [0, 0, 0, 32] + Array("ftypisom".utf8), "mov,mp4: moov atom not found; file:a.mp4: Invalid data found",
            "it is MP4 whose index is missing: copy it again, for its download or recording was broken off"
        ),
        (
            Array("%PDF-1.7 \u{1}".utf8), "Invalid data found",
            "it looks like PDF: open it to see what it is, or name another"
        ),
        ([0x1F, 0x8B, 8], "", "it looks like gzip: unpack it first"),
        (
            [0x1A, 0x45, 0xDF, 0xA3], "",
            "it looks like Matroska or WebM: try to play it with ffplay; if that fails too, it is damaged"
        ),
        (
            [1, 2, 3, 4], "mp3: Invalid frame size (576)",
            "it looks like none of the formats that ffmpeg knows: is it the right file, and is it whole?"
        ),
    ])
    func `why a file is not media is told without ffmpeg's innards`(head: [UInt8], said: String, text: String) {
        #expect(FileDiagnosis(head: head, said: said).description == text)
    }

    @Test(arguments: [
        (#"{"format_name": "mp3", "probe_score": 25}"#, true), (#"{"format_name": "mp3", "probe_score": 51}"#, false),
        (#"{"format_name": "mjpeg", "probe_score": 26}"#, false), (#"{"format_name": "rtsp"}"#, false),
    ])
    func `what ffmpeg only guesses is no media`(format: String, isGuess: Bool) throws {
        let probe = try MediaProbe(json: Array(#"{"streams": [], "format": \#(format)}"#.utf8))
        #expect(probe.isGuess == isGuess)
    }

    @Test(arguments: ["tty", "bin", "xbin"])
    func `bytes that ffmpeg draws as a picture are no media`(name: String) throws {
        let json = #"{"streams": [], "format": {"format_name": "\#(name)", "probe_score": 50}}"#
        #expect(try MediaProbe(json: Array(json.utf8)).isDrawnText)
    }

    @Test(arguments: [
        (
            "rtmp://192.0.2.1:1935/live/cam",
            "waits for a push: in OBS, the server is rtmp://192.0.2.1:1935/live, and the stream key is cam"
        ),
        (
            "rtmp://192.0.2.1/a/b/c",
            "waits for a push: in OBS, the server is rtmp://192.0.2.1/a/b, and the stream key is c"
        ),
        ("rtmp://192.0.2.1/live", "waits for a push to rtmp://192.0.2.1/live"),
        ("srt://192.0.2.1:9000?passphrase=secret", "waits for a push to srt://192.0.2.1:9000?passphrase=…"),
    ])
    func `who listens says where to push to`(url: String, text: String) throws {
        #expect(try MediaInput(listeningOn: url).invitation == text)
    }

    @Test func `an address that means all of the machine's is told by the machine's name`() throws {
        let text = try #require(try MediaInput(listeningOn: "rtmp://0.0.0.0:1935/live/cam").invitation)
        #expect(!text.contains("0.0.0.0"))
        #expect(text.hasSuffix(":1935/live, and the stream key is cam"))
    }

    @Test func `a push with another key is refused, and other lines are not taken for that`() {
        let gate = PushGate(key: "cam")
        let isEnded = Flag()
        #expect(!gate.refuses("[rtmp @ 0x1] [warning] Unexpected stream cam, expecting wall"))
        #expect(!gate.refuses("[rtmp @ 0x1] [warning] App field don't match up: a <-> b"))
        #expect(gate.refusal == nil)
        #expect(gate.refuses("[rtmp @ 0x1] [warning] Unexpected stream wrong, expecting cam"))
        #expect(gate.refusal?.description == "a push with the key 'wrong' is refused: another key is waited for")
        gate.whenRefused { isEnded.raise() }
        #expect(isEnded.isRaised)
    }

    @Test func `what is said again and again is shown once a minute, whatever numbers are in it`() {
        var budget = LineBudget()
        let start = ContinuousClock.now
        #expect(budget.take("packet 12 is late", now: start) == .show(omitted: 0))
        for second in 1...14 {
            #expect(budget.take("packet \(second) is late", now: start + .seconds(second)) == .omit)
        }
        #expect(budget.take("something else", now: start + .seconds(20)) == .show(omitted: 14))
        #expect(budget.take("packet 99 is late", now: start + .seconds(60)) == .show(omitted: 0))
    }

    @Test func `the summary takes the place of the line of progress`() throws {
        var (main, terminal): (Int32, Int32) = (-1, -1)
        try #require(openpty(&main, &terminal, nil, nil, nil) == 0)
        let (reader, writer) = (OwnedDescriptor(main), OwnedDescriptor(terminal))
        let console = Console(descriptor: writer.rawValue)
        let session = ToolSession(tool: "x", options: try LogOptions.parse([]), console: console)
        console.show(progress: "segment 7")
        session.summarize("published 8 segments")
        console.endProgress()
        // A terminal hands on what was written when it comes to it.
        var text = ""
        while !text.hasSuffix("\r\n") {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(reader.rawValue, &bytes, bytes.count)
            try #require(count > 0)
            text += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        #expect(text == "\r\u{1B}[Ksegment 7\r\u{1B}[Kx: published 8 segments\r\n")
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
