import ChildProcesses
import Testing
import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Channels that are not video, from a pipe and back into one.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct PipeTests {
    private let folder = TemporaryFolder()

    /// Publishes `pieces` one after the other, and reads them back from the start; what comes of `last` need not be whole.
    private func carry(
        _ pieces: [[UInt8]], last: String = "", publish: [String], read: [String] = [], code: Int32 = 0
    ) async throws -> (publisher: ToolResult, reader: ToolResult) {
        let relay = try await RelayProcess.start()
        let reader = try RunningTool(
            "read2pipe", ["--stream", "p", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"] + read)
        let publisher = try RunningTool(
            "publish-pipe", ["--stream", "p", "--url", relay.url] + publish, standardInput: .pipe)
        let input = try DescriptorWriter(try #require(publisher.process.standardInput), what: "the pipe")
        for piece in pieces { _ = try await input.write(piece) }
        // A channel that comes and goes before its reader is there is another test's.
        #expect(await reader.hasWritten(atLeast: 1))
        _ = try await input.write(Array(last.utf8))
        input.close()
        let published = try await publisher.finish()
        let result = try await reader.finish()
        await relay.stop()
        #expect(published.status == .exited(code), "\(published.errors)")
        #expect(result.status == .exited(0), "\(result.errors)")
        return (published, result)
    }

    /// How many segments a summary tells of.
    private func segmentCount(_ result: ToolResult) throws -> Int {
        let line = try #require(result.errorLines.last { $0.contains(" segment") })
        let words = line.split(separator: " ")
        let place = try #require(words.firstIndex { $0.hasPrefix("segment") })
        return try #require(Int(words[place - 1]))
    }

    private func documents(_ count: Int) -> String {
        var numbers = SeededNumbers(seed: 11)
        return (0..<count).map { index in
            let text = String(repeating: "}", count: Int.random(in: 0...80, using: &numbers))
            return #"{"number":\#(index),"text":"\#(text)\"","list":[[],{"é":null}]}"#
        }.joined(separator: "\n") + "\n"
    }

    @Test func `ten thousand JSON lines come back identical and in order, one in each segment`() async throws {
        let text = Array(documents(10_000).utf8)
        let (publisher, reader) = try await carry(
            [text], publish: ["--split", "json"], read: ["--segments-as", "json"])
        #expect(reader.output == text)
        #expect(try segmentCount(publisher) == 10_000)
        #expect(try segmentCount(reader) == 10_000)
    }

    @Test func `with --batch ten thousand JSON lines come back identical from far fewer segments`() async throws {
        let text = Array(documents(10_000).utf8)
        let (publisher, reader) = try await carry(
            [text], publish: ["--split", "json", "--batch", "200ms"], read: ["--segments-as", "json"])
        #expect(reader.output == text)
        #expect(try segmentCount(publisher) < 1_000)
    }

    @Test func `documents come whole however the pipe cuts them`() async throws {
        let text = Array(documents(60).utf8)
        var numbers = SeededNumbers(seed: 5)
        var pieces: [[UInt8]] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(Int.random(in: 1...40, using: &numbers))))
            rest = rest.dropFirst(pieces.last!.count)
        }
        let (publisher, reader) = try await carry(
            pieces, publish: ["--split", "json"], read: ["--segments-as", "json"])
        #expect(reader.output == text)
        #expect(try segmentCount(publisher) == 60)
    }

    @Test func `a document on many lines comes back on one`() async throws {
        let (_, reader) = try await carry(
            [Array("{\n  \"a\": [\n    1\n  ]\n}\n".utf8)], publish: ["--split", "json"],
            read: ["--segments-as", "json"])
        #expect(reader.outputText == "{   \"a\": [     1   ] }\n")
    }

    @Test func `what is no JSON ends with its place, and what came before is published`() async throws {
        let (publisher, reader) = try await carry(
            [Array("{\"a\":1} {\"b\":2} ".utf8)], last: "oops", publish: ["--split", "json"],
            read: ["--segments-as", "json"],
            code: 1)
        #expect(publisher.errors.contains("byte 17, line 1"))
        #expect(reader.outputText == "{\"a\":1}\n{\"b\":2}\n")
    }

    @Test func `half a document is not whole for its reader, and is not given to it`() async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-pipe", ["--stream", "p", "--url", relay.url, "--split", "json"], standardInput: .pipe)
            let input = try DescriptorWriter(try #require(publisher.process.standardInput), what: "the pipe")
            _ = try await input.write(Array("[1]\n[2, ".utf8))
            let read = ["--stream", "p", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"]
            let raw = try RunningTool("read2pipe", read)
            let documents = try RunningTool("read2pipe", read + ["--segments-as", "json"])
            #expect(await raw.hasWritten(atLeast: 8))
            input.close()
            let published = try await publisher.finish()
            #expect(published.status == .exited(1))
            #expect(published.errors.contains("inside a document"))
            let (bytes, lines) = try await (raw.finish(), documents.finish())
            #expect(bytes.status == .exited(4), "\(bytes.errors)")
            #expect(bytes.outputText == "[1]\n[2, ")
            #expect(lines.status == .exited(4), "\(lines.errors)")
            #expect(lines.outputText == "[1]\n")
        }
    }

    @Test func `lines come back as they are, and the last gets its end`() async throws {
        let text = "first\n\nthird\nno end"
        let (publisher, raw) = try await carry([Array(text.utf8)], publish: [])
        #expect(raw.outputText == text)
        #expect(try segmentCount(publisher) == 4)
        let (_, lines) = try await carry([Array(text.utf8)], publish: [], read: ["--segments-as", "lines"])
        #expect(lines.outputText == text + "\n")
    }

    @Test func `bytes are cut at their number, and come back byte for byte`() async throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let (publisher, reader) = try await carry([bytes], publish: ["--split", "bytes=64KiB"])
        #expect(reader.output == bytes)
        #expect(try segmentCount(publisher) == 4)
    }

    @Test func `a segment of some time ends though nothing more comes, and the pipe's end is no loss`() async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-pipe", ["--stream", "p", "--url", relay.url, "--split", "time=50ms"], standardInput: .pipe)
            let input = try DescriptorWriter(try #require(publisher.process.standardInput), what: "the pipe")
            _ = try await input.write(Array("early ".utf8))
            // Ends when the segment does, which is before the pipe's end.
            let first = try await RunningTool.run(
                "read2pipe", ["--stream", "p", "--url", relay.url, "--from", "0", "--segments", "1", "--wait", "10m"])
            #expect(first.outputText == "early ")
            let reader = try RunningTool("read2pipe", ["--stream", "p", "--url", relay.url, "--from", "1"])
            _ = try await input.write(Array("late".utf8))
            input.close()
            #expect(try await publisher.finish().status == .exited(0))
            #expect(try await reader.finish().outputText == "late")
        }
    }

    @Test(.needsFFmpeg) func `MPEG-TS is cut at its keyframes`() async throws {
        try await TestMedia.makeClip(at: folder("clip.ts"), seconds: 3)
        let clip = try #require(TemporaryFolder.contents(of: folder("clip.ts")))
        let (publisher, reader) = try await carry([clip], publish: ["--split", "ts"])
        #expect(try segmentCount(publisher) == 3)
        #expect(reader.output.count > clip.count / 2)
    }

    @Test(arguments: [
        ([], "text/plain; charset=utf-8"), (["--split", "json"], "application/json"),
        (["--split", "json", "--batch", "1s"], "application/x-ndjson"),
        (["--split", "bytes=9"], "application/octet-stream"),
        (["--content-type", "text/csv"], "text/csv"),
    ])
    func `the split tells the media type, unless the user does`(options: [String], type: String) async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-pipe", ["--stream", "p", "--url", relay.url, "--keep-open"] + options, standardInput: .pipe)
            let input = try DescriptorWriter(try #require(publisher.process.standardInput), what: "the pipe")
            _ = try await input.write(Array("[1]\n".utf8))
            input.close()
            #expect(try await publisher.finish().status == .exited(0))
            let answer = try await RunningTool.run("curl", ["-s", "-o", "/dev/null", "-D", "-", "\(relay.url)/p/0"])
            #expect(answer.outputText.lowercased().contains("content-type: \(type)\r\n"), "\(answer.outputText)")
        }
    }

    @Test func `a signal ends it in good order in the middle of everything`() async throws {
        try await RelayProcess.with { relay in
            let publisher = try RunningTool(
                "publish-pipe", ["--stream", "p", "--url", relay.url], standardInput: .pipe)
            let input = try DescriptorWriter(try #require(publisher.process.standardInput), what: "the pipe")
            _ = try await input.write(Array("one\nhalf".utf8))
            let reader = try RunningTool(
                "read2pipe", ["--stream", "p", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"])
            #expect(await reader.hasWritten(atLeast: 8))
            kill(publisher.process.pid, SIGINT)
            #expect(try await publisher.finish().status == .exited(130))
            #expect(try await reader.finish().outputText == "one\nhalf")
            input.close()
        }
    }
}
