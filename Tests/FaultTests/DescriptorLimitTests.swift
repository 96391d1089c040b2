import Foundation
import Testing
import TrickleTesting

/// A relay that has no descriptors for all who connect.
@Suite(
    .enabled(if: BuiltTool.isInstalled("prlimit"), "prlimit is not installed"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct DescriptorLimitTests {
    @Test func `silent connections give way to those that come, and to nobody else`() async throws {
        let relay = try await RelayProcess.start(["--threads", "1"], address: "127.0.0.1:0")
        let port = try #require(relay.url.split(separator: ":").last.flatMap { Int($0) })
        let limit = try await RunningTool.run("prlimit", ["--pid", "\(relay.process.pid)", "--nofile=64:64"])
        try #require(limit.status.isSuccess, "\(limit.errors)")
        // Within the limit, and at the end still there.
        let reader = try PlainSocket(port: port)
        try reader.send(PlainRequest.create("/cam") + PlainRequest.get("/cam/0"))
        #expect(try reader.receive(to: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        // More than there are descriptors; each of them would stay for five minutes.
        let silent = try (0..<200).map { _ in try PlainSocket(port: port) }
        let publisher = try PlainSocket(port: port)
        try publisher.send(PlainRequest.post("/cam/0") + PlainRequest.chunk("hello") + PlainRequest.lastChunk)
        #expect(try publisher.receive(to: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        #expect(try reader.receive(to: "hello").hasPrefix("HTTP/1.1 200 "))
        try await until { relay.hasSaid("descriptors are short") }
        // The oldest have gone.
        #expect(silent[0].ending() == .closed)
        await relay.stop()
    }
}

extension PlainSocket {
    fileprivate func send(_ text: String) throws { try send(Array(text.utf8)) }

    fileprivate func receive(to end: String) throws -> String {
        var text = ""
        while !text.utf8.reversed().starts(with: end.utf8.reversed()) {
            text += String(decoding: try receive(1), as: UTF8.self)
        }
        return text
    }
}
