import ChildProcesses
import Foundation
import Logging
import Synchronization
import Testing
import TrickleCore
import TrickleKit

@testable import CommandFrame
@testable import Endings
@testable import MediaChildren

@Suite struct SessionTests {
    @Test func `a stop is made once, and told to those who come late, too`() {
        let stop = StopRequest()
        let calls = Mutex(0)
        stop.whenMade { calls.withLock { $0 += 1 } }
        let isFirst = [stop.make(signal: 15), stop.make(signal: 2)]
        #expect(isFirst == [true, false])
        #expect(stop.signal == 15)
        stop.whenMade { calls.withLock { $0 += 10 } }
        #expect(calls.withLock { $0 } == 11)
    }

    @Test func `work is cancelled by a stop, and then gives nothing`() async throws {
        let stop = StopRequest()
        async let result: Int? = stop.cancelling {
            try await Task.sleep(for: .seconds(3600))
            return 1
        }
        stop.make(signal: 2)
        #expect(try await result == nil)
    }

    @Test func `each failure has its exit code`() {
        #expect(ToolFailure(TrickleError(.channelNotFound, "no")).exit == .channelNotFound)
        #expect(ToolFailure(TrickleError(.relayUnreachable, "no")).exit == .failure)
        #expect(ToolFailure(ToolFailure("lost", exit: .dataLost)).exit == .dataLost)
    }

    @Test(arguments: [
        ("[error] no such file", Logger.Level.warning, "no such file"),
        ("[mpegts @ 0x55d0c8] [warning] PES packet size mismatch", .info, "mpegts: PES packet size mismatch"),
        ("[info] x", .debug, "x"),
        ("plain", .info, "plain"),
        ("[h264 @ 0x1] no mark", .info, "[h264 @ 0x1] no mark"),
    ])
    func `ffmpeg's lines lose their marks and keep their weight`(line: String, level: Logger.Level, text: String) {
        let parsed = ChildLog.parse(line)
        #expect(parsed.level == level)
        #expect(parsed.text == text)
    }

    @Test func `whoever leaves waits for no reader of standard error`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let console = Console(descriptor: ends[1])
        let fillsThePipe = Task.detached {
            for number in 0..<10_000 { console.write(line: "a line that nobody reads, the \(number)th of many") }
        }
        // It waits for its reader before, and would for ever.
        var entry = pollfd(fd: ends[1], events: Int16(POLLOUT), revents: 0)
        while poll(&entry, 1, 0) > 0 { try await Task.sleep(for: .milliseconds(1)) }
        console.stopWaiting()
        await fillsThePipe.value
        console.write(line: "this is dropped")
        console.endProgress()
    }

    @Test func `strings are quoted as JSON wants them`() {
        #expect(JSONText.string("a\"b\\c\n\u{1}ü") == #""a\"b\\c\n\u0001ü""#)
        #expect(JSONText.showing("{\"a\":\"\u{202E}ü\u{85}\"}") == #"{"a":"\u202eü\u0085"}"#)
    }

    @Test func `numbers are worded for people`() {
        #expect(TransferMeter.bytes(999) == "999 bytes")
        #expect(TransferMeter.bytes(1_234_000) == "1.2 MB")
        #expect(TransferMeter.rate(64_000) == "64 kbit/s")
        #expect(TransferMeter.rate(2_050_000) == "2.1 Mbit/s")
        #expect(TransferMeter.clock(.seconds(75)) == "1:15")
        #expect(TransferMeter.clock(.seconds(3725)) == "1:02:05")
        #expect(DecimalText.fixed(-0.25, digits: 2) == "-0.25")
        #expect(DecimalText.fixed(1.005, digits: 1) == "1.0")
    }

    @Test func `the bitrate is that of the last second`() {
        let start = ContinuousClock.now
        var meter = TransferMeter(now: start)
        meter.beginSegment()
        meter.add(byteCount: 1000, now: start + .milliseconds(500))
        meter.add(byteCount: 1000, now: start + .milliseconds(1000))
        let progress = meter.progress(sequence: "7", now: start + .milliseconds(1000))
        #expect(progress == "segment 7, 2.0 kB, 16 kbit/s, 0:01")
        #expect(meter.summary(now: start + .seconds(2)) == "1 segment, 2.0 kB in 2.0 s")
        let due = [0, 100, 300].map { meter.isDrawingDue(now: start + .milliseconds($0)) }
        #expect(due == [true, false, true])
    }

    /// What a console and a log of this format write of a line with this text.
    private func written(_ format: LogFormat, _ text: String) throws -> String {
        let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
        let console = Console(descriptor: writeEnd.rawValue)
        var logger = Logger(label: "x") { _ in
            ConsoleLogHandler(tool: "x", console: console, format: format, level: .trace)
        }
        logger[metadataKey: "channel"] = "\(text)"
        logger.error("\(text)")
        console.write(line: text)
        console.show(progress: text)
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(readEnd.rawValue, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    @Test(arguments: [LogFormat.text, .json])
    func `no control character reaches the terminal, and no text begins a line`(format: LogFormat) throws {
        let hidden = (0...0x1F).map { $0 } + (0x7F...0x9F).map { $0 } + [0x61C, 0x200E, 0x2028, 0x202E, 0x2067]
        let text = "a" + String(String.UnicodeScalarView(hidden.map { Unicode.Scalar($0)! })) + "\r\nx: forged é"
        let lines = try written(format, text)
        #expect(lines.unicodeScalars.count { $0 == "\n" } == 3)
        #expect(lines.unicodeScalars.allSatisfy { $0 == "\n" || !PrintableText.isHidden($0) })
        #expect(!lines.split(separator: "\n").contains { $0.hasPrefix("x: forged") })
        #expect(lines.contains("forged é"))
    }

    @Test func `a value of a field does not begin another field`() throws {
        let line = try written(.text, #"a" client=x"#)
        #expect(line.contains(#" channel="a\" client=x""#), "\(line)")
        #expect(try written(.text, "cam").contains(" channel=cam\n"))
        #expect(try written(.text, "").contains(" channel=\"\"\n"))
    }
}
