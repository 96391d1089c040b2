import Testing
import TrickleKit

@testable import CommandFrame
@testable import Subscribing

@Suite struct ArgumentTests {
    @Test(arguments: [
        ("10s", Duration.seconds(10)), ("10", .seconds(10)), ("250ms", .milliseconds(250)),
        ("1.5s", .milliseconds(1500)),
        ("5m", .seconds(300)), ("2h", .seconds(7200)), ("0", .zero), (".5s", .milliseconds(500)),
    ])
    func `spans of time are read as people write them`(text: String, duration: Duration) {
        #expect(DurationArgument(argument: text)?.duration == duration)
    }

    @Test(arguments: ["", "s", "-1s", "10x", "1 s", "1e3", "1.2.3s", "١s", "99999999999h", "ms"])
    func `what is no span of time is refused`(text: String) {
        #expect(DurationArgument(argument: text) == nil)
    }

    @Test(arguments: [
        ("64MiB", 64 << 20), ("64M", 64 << 20), ("500kB", 500_000), ("1.5KiB", 1536), ("7", 7), ("2G", 2 << 30),
        ("1gb", 1_000_000_000),
    ])
    func `sizes are read as people write them`(text: String, byteCount: Int) {
        #expect(ByteCountArgument(argument: text)?.byteCount == byteCount)
    }

    @Test(arguments: ["", "MiB", "-1", "1TiBB", "9999999999999999999", "1 M"])
    func `what is no size is refused`(text: String) {
        #expect(ByteCountArgument(argument: text) == nil)
    }

    @Test(arguments: [
        ("next", SegmentPosition.next), ("current", .current), ("-1", .next), ("-2", .current), ("-5", .back(3)),
    ])
    func `a start is a word or the number on the wire`(text: String, position: SegmentPosition) {
        #expect(StartArgument(argument: text)?.position == position)
    }

    @Test func `a start at a number is that very segment`() {
        #expect(StartArgument(argument: "17")?.position.description == "17")
        #expect(StartArgument(argument: "last") == nil)
        #expect(StartArgument(argument: "1.5") == nil)
    }

    @Test(arguments: [("[::1]:80", "[::1]"), ("host:80", "host"), (":80", "localhost")])
    func `an address to listen on stands in a URL as URLs have it`(text: String, host: String) {
        #expect(ListenAddress(argument: text)?.urlHost == host)
    }

    @Test(arguments: ["host", "host:", "host:+80", "host:65536", "::1:80", "http://host:80", "user@host:80", "a b:80"])
    func `what is no address to listen on is refused`(text: String) {
        #expect(ListenAddress(argument: text) == nil)
    }

    @Test func `headers are split at the first colon`() throws {
        let header = try RelayOptions.header("Authorization: Bearer a:b")
        #expect(header.name == "Authorization")
        #expect(header.value == "Bearer a:b")
        #expect(try RelayOptions.header("X-Empty:").value == "")
    }

    @Test(arguments: ["", "none", ": value", "Bad Name: x", "X: a\r\nY: b", "X: \u{0}"])
    func `what is no header, or would be two, is refused`(text: String) {
        #expect(throws: (any Error).self) { try RelayOptions.header(text) }
    }
}
