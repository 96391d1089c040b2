import NIOCore
import Testing
import TrickleTesting

/// Many WebSocket viewers of pictures, some of whom do not read, at a relay in a process of its own.
@Suite(
    .enabled(if: ProcessTable.isReadable, "there is no /proc to look for memory in"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct FrameViewerTests {
    private static let healthyCount = 40
    private static let slowCount = 10
    private static let stalledCount = 50
    private static let frameCount = 300
    private static let frameByteCount = 100_000

    /// A JPEG by its first and last bytes; all others are its number's.
    private static func frame(_ number: Int) -> [UInt8] {
        let filling = [UInt8](repeating: UInt8(number % 0x7F), count: frameByteCount - 7)
        return [0xFF, 0xD8, 0xFF, UInt8(number & 0x7F), UInt8(number >> 7)] + filling + [0xFF, 0xD9]
    }

    private static func number(of frame: [UInt8]) -> Int { Int(frame[3]) | Int(frame[4]) << 7 }

    /// Publishes one frame after the other on one connection.
    private static func publish(_ numbers: Range<Int>, to relay: RelayProcess) async throws {
        try await PlainClient.with(port: relay.port) { client in
            for number in numbers {
                var request = ByteBuffer(
                    string: "POST /ingest/cam HTTP/1.1\r\nHost: relay\r\nContent-Length: \(frameByteCount)\r\n\r\n")
                request.writeBytes(frame(number))
                try await client.send(request)
                #expect(try await client.answer().hasPrefix("HTTP/1.1 200 "))
                #expect(try await client.read(to: "\n").hasPrefix("{\"seq\":"))
            }
        }
    }

    /// Reads until the last frame, each whole and none twice.
    ///
    /// - Parameter pause: between two frames.
    private static func view(_ relay: RelayProcess, pause: Duration? = nil) async throws -> Int {
        try await PlainClient.webSocket(relay.port, "/cam/ws", receiveBuffer: pause == nil ? nil : 8192) { viewer in
            var last = -1
            var count = 0
            while last < frameCount - 1 {
                guard case .binary(let bytes) = try await viewer.next() else { break }
                let number = number(of: bytes)
                #expect(number > last && bytes == frame(number))
                last = number
                count += 1
                if let pause { try await Task.sleep(for: pause) }
            }
            #expect(last == frameCount - 1)
            return count
        }
    }

    @Test func `viewers who stall or are slow cost the relay a frame each, and the others nothing`() async throws {
        let relay = try await RelayProcess.start()
        try await Self.publish(0..<1, to: relay)
        let before = try #require(ProcessTable.residentSize(of: relay.process.pid)).now
        let stalled = (0..<Self.stalledCount).map { _ in
            Task {
                try await PlainClient.webSocket(relay.port, "/cam/ws", receiveBuffer: 8192) { _ in
                    try await Task.sleep(for: TestLimit.wait)
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (viewed, views) = AsyncStream<Void>.makeStream()
            for index in 0..<Self.healthyCount + Self.slowCount {
                group.addTask {
                    _ = try await Self.view(relay, pause: index < Self.slowCount ? .milliseconds(200) : nil)
                    views.yield()
                }
            }
            try await Self.publish(1..<Self.frameCount, to: relay)
            var count = 0
            for await _ in viewed {
                count += 1
                if count == Self.healthyCount + Self.slowCount { break }
            }
            let after = try #require(ProcessTable.residentSize(of: relay.process.pid)).peak
            // Of each one frame may be on its way; what the channel keeps is 2 s of them, and never more than its window allows.
            let perViewer = Self.frameByteCount + (64 << 10)
            let allowance = (Self.stalledCount + Self.healthyCount + Self.slowCount) * perViewer
            let kept = 64 << 20
            if !Sanitizer.isThreadSanitizer {
                #expect(after - before < allowance + kept, "\((after - before) >> 20) MiB")
            }
            try await group.waitForAll()
        }
        for viewer in stalled { viewer.cancel() }
        await relay.stop()
    }
}

extension RelayProcess {
    fileprivate var port: Int { Int(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 0 }
}
