import ChildProcesses
import Foundation
import MPEGTS
import Testing
import TrickleTesting

/// Channels from transport streams, with sources to fall back on.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct RestreamTests {
    private let folder = TemporaryFolder()

    /// A clip of two seconds with a keyframe each second: its path and its bytes.
    private func clip(_ name: String, gop: Int = 25, seconds: Int = 2) async throws -> [UInt8] {
        try await TestMedia.makeClip(at: folder(name), seconds: seconds, gop: gop)
        return try #require(TemporaryFolder.contents(of: folder(name)))
    }

    private func configure(_ yaml: String) -> String {
        TemporaryFolder.write(yaml.utf8, to: folder("restream.yaml"))
        return folder("restream.yaml")
    }

    /// A reader of a channel from its beginning.
    ///
    /// - Parameter output: Where it writes to instead of into its result.
    private func reader(
        _ channel: String, _ url: String, _ arguments: [String] = [], output: OwnedDescriptor? = nil
    ) throws -> RunningTool {
        try RunningTool(
            "read2pipe", ["--stream", channel, "--url", url, "--from", "0", "--wait", "10m"] + arguments,
            outputFile: output)
    }

    /// The first `count` segments of a channel.
    private func segments(_ count: Int, of channel: String, _ url: String) async throws -> [UInt8] {
        let result = try await reader(channel, url, ["--segments", "\(count)"]).finish()
        #expect(result.status.isSuccess, "\(channel): \(result.errors)")
        return result.output
    }

    private func frames(_ stream: [UInt8]) async throws -> FrameDigests {
        TemporaryFolder.write(stream, to: folder("frames.ts"))
        return try await FrameDigests(of: folder("frames.ts"))
    }

    private struct Packet {
        let pid: UInt16
        let isMarked: Bool
    }

    /// - Returns: The packets; nothing between them is torn.
    private func packets(_ stream: [UInt8]) -> [Packet] {
        #expect(stream.count.isMultiple(of: TransportPacket.size))
        return stride(from: 0, to: stream.count - TransportPacket.size + 1, by: TransportPacket.size).map { start in
            #expect(stream[start] == TransportPacket.syncByte)
            let bytes = stream.span.bytes
            return Packet(
                pid: PacketHeader(bytes, at: start).pid.rawValue,
                isMarked: AdaptationField(bytes, at: start).discontinuityIndicator)
        }
    }

    @Test(.needsCurl)
    func `readers go on when a source dies in the middle and the second takes over, and the place is marked`()
        async throws
    {
        let (first, second) = (try await clip("a.ts"), try await clip("b.ts", gop: 10, seconds: 4))
        // It ends in the middle of a packet.
        let dying = try LoopbackSource(Array(first.prefix(first.count * 2 / 3 / 188 * 188 + 100)))
        let standby = try LoopbackSource(second, path: folder("b.sock"))
        let file = configure(
            """
            channels:
              cam:
                - tcp://127.0.0.1:\(dying.port)
                - unix:b.sock
            """)
        try await RelayProcess.with { relay in
            let restream = try RunningTool("restream", ["--config", file, "--url", relay.url])
            let reader = try reader("cam", relay.url, ["--strict"])
            #expect(await reader.hasWritten(atLeast: first.count / 2))
            #expect(standby.connectionCount == 0)
            let viewer = try RunningTool("curl", ["-sfN", "\(relay.url)/cam.ts"])
            #expect(await viewer.hasWritten(atLeast: 1))
            dying.stop()
            #expect(await reader.hasWritten(atLeast: (first.count + second.count) * 3 / 4))
            kill(restream.process.pid, SIGTERM)
            let result = try await restream.finish()
            #expect(result.status == .exited(0), "\(result.errors)")
            // The channel has ended with it.
            let read = try await reader.finish()
            #expect(read.status == .exited(0), "\(read.errors)")

            let packets = packets(read.output)
            let marked = packets.filter(\.isMarked).map(\.pid)
            let firstMarked = packets.firstIndex { $0.isMarked }
            let place = try #require(firstMarked)
            // A segment begins with its tables; ffmpeg's first is the one of services.
            #expect([PID.pat.rawValue, 17].contains(packets[place].pid))
            // Each PID is marked once, and after the place none comes without.
            #expect(Set(marked).count == marked.count)
            #expect(Set(marked) == Set(packets[place...].map(\.pid)))
            // Whoever watches the channel as one endless stream goes on as well.
            let viewed = try await viewer.finish()
            #expect(viewed.status == .exited(0))
            #expect(self.packets(viewed.output).contains { $0.isMarked })
            let watched = try #require(try await frames(viewed.output).frames["v"])

            // What both brought has come through, frame by frame, but for what was cut off.
            let received = try #require(try await frames(read.output).frames["v"])
            let (one, two) = (try await frames(first).frames["v"] ?? [], try await frames(second).frames["v"] ?? [])
            #expect(received.prefix(25) == one.prefix(25))
            // Both clips begin with the same picture.
            let start = try #require(received.lastIndex(of: two[0]))
            #expect((25...50).contains(start))
            #expect(received[start...].prefix(50) == two.prefix(50))
            #expect(watched[try #require(watched.lastIndex(of: two[0]))...].prefix(50) == two.prefix(50))
            for words in [
                "is on source 1 of 2, tcp://", "has closed the connection; goes on with", "is on source 2 of 2, ",
            ] {
                #expect(result.errors.contains(words), "\(words): \(result.errors)")
            }
        }
    }

    @Test func `each kind of source brings its stream, in the relay's own program`() async throws {
        let stream = try await clip("a.ts")
        let chunk = "\(String(stream.count, radix: 16))\r\n"
        let http = try LoopbackSource(
            Array(chunk.utf8) + stream + Array("\r\n0\r\n\r\n".utf8),
            speech: .answer(head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        let redirection = try LoopbackSource(
            [],
            speech: .answer(
                head:
                    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\(http.port)/live.ts\r\nContent-Length: 0\r\n\r\n"
            ))
        let missing = try LoopbackSource(
            [], speech: .answer(head: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        let tcp = try LoopbackSource(stream)
        let unix = try LoopbackSource(stream, path: folder("a.sock"))
        #expect(mkfifo(folder("pipe.ts"), 0o600) == 0)
        let file = configure(
            """
            channels:
              http: http://127.0.0.1:\(redirection.port)/
              found:
                - http://127.0.0.1:\(missing.port)/gone.ts
                - http://127.0.0.1:\(http.port)/live.ts
              tcp: tcp://127.0.0.1:\(tcp.port)
              unix: a.sock
              file: {file: a.ts, realtime: false}
              command: {command: cat a.ts}
              pipe: pipe.ts
            """)
        let writer = try RunningTool("cp", [folder("a.ts"), folder("pipe.ts")])
        try await RelayProcess.with(["--config", file]) { relay in
            let expected = try #require(try await frames(stream).frames["v"]).prefix(25)
            for channel in ["http", "found", "tcp", "unix", "file", "command", "pipe"] {
                // The first segment is whole as soon as the second keyframe has come, whatever the source does then.
                let output = try await segments(1, of: channel, relay.url)
                _ = packets(output)
                #expect(try await frames(output).frames["v"].map { $0.elementsEqual(expected) } == true, "\(channel)")
            }
        }
        #expect(try await writer.finish().status.isSuccess)
        for source in [http, redirection, missing, tcp, unix] { source.stop() }
    }

    @Test(arguments: [("127.0.0.1", false), ("127.0.0.1", true), ("239.255.42.42", true)])
    func `datagrams bring their stream, plain or by RTP, to this machine or to a group`(
        host: String, hasHeaders: Bool
    ) async throws {
        let stream = try await clip("a.ts")
        let port = LoopbackDatagrams.freePort()
        let datagrams = LoopbackDatagrams(stream, to: host, port: port, hasHeaders: hasHeaders)
        let file = configure("channels: {udp: {url: 'udp://\(host):\(port)', interface: lo}}")
        try await RelayProcess.with(["--config", file]) { relay in
            let received = try await frames(try await segments(3, of: "udp", relay.url))
            #expect(received.videoCount >= 75)
        }
        datagrams.stop()
    }

    @Test func `a pipe's writers come and go, and the channel goes on`() async throws {
        let (first, second) = (try await clip("a.ts"), try await clip("b.ts", gop: 10))
        #expect(mkfifo(folder("pipe.ts"), 0o600) == 0)
        let file = configure("channels: {pipe: pipe.ts}")
        try await RelayProcess.with(["--config", file]) { relay in
            let reader = try reader("pipe", relay.url, ["--segments", "7"])
            for name in ["a.ts", "b.ts"] {
                // It is made again, which nobody tells to who waits for a writer.
                if name == "b.ts" {
                    unlink(folder("pipe.ts"))
                    #expect(mkfifo(folder("pipe.ts"), 0o600) == 0)
                }
                let writer = try await RunningTool.run("cp", [folder(name), folder("pipe.ts")])
                #expect(writer.status.isSuccess, "\(writer.errors)")
            }
            let read = try await reader.finish()
            #expect(read.status.isSuccess, "\(read.errors)")
            #expect(packets(read.output).contains { $0.isMarked })
            let all = try await frames(read.output)
            let (one, two) = (try await frames(first), try await frames(second))
            #expect(all.frames["v"] == (one.frames["v"] ?? []) + (two.frames["v"] ?? []))
        }
    }

    @Test func `the first source takes over again when it is back, where that is wanted`() async throws {
        let (first, second) = (try await clip("a.ts"), try await clip("b.ts", gop: 10))
        let file = configure(
            """
            defaults: {return: 100ms}
            channels:
              cam:
                - {unix: a.sock}
                - {file: b.ts, loop: true}
            """)
        try await RelayProcess.with { relay in
            let restream = try RunningTool("restream", ["--config", file, "--url", relay.url])
            let output = folder("out.ts")
            let reader = try reader("cam", relay.url, output: .open(output, O_WRONLY | O_CREAT))
            let written = { TemporaryFolder.contents(of: output) ?? [] }
            try await until { written().count > second.count / 2 }
            let back = try LoopbackSource(first, path: folder("a.sock"))
            // A packet from its middle, which is full and therefore passed on as it is.
            let starts = stride(from: first.count / 2 / 188 * 188, to: first.count, by: 188)
            let start = try #require(starts.first { first[$0 + 3] & 0x30 == 0x10 && first[$0 + 1] & 0x40 == 0 })
            let packet = first[start..<start + 188]
            try await until { written().firstRange(of: packet) != nil }
            kill(restream.process.pid, SIGTERM)
            let result = try await restream.finish()
            #expect(try await reader.finish().status.isSuccess)
            _ = packets(written())
            let words = ["is on source 2 of 2", "a.sock is back; takes over from", "is on source 1 of 2"]
            let places = words.map { result.errors.firstRange(of: $0)?.lowerBound }
            #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
            #expect(back.connectionCount == 1)
            back.stop()
        }
    }

    @Test func `a hangup reads the configuration again, and does not touch channels that did not change`() async throws
    {
        let (first, second) = (try await clip("a.ts"), try await clip("b.ts", gop: 10))
        let before = try LoopbackSource(first)
        let after = try LoopbackSource(second)
        let gone = try LoopbackSource(first)
        let file = configure(
            """
            channels:
              unchanged: {file: a.ts}
              changed: tcp://127.0.0.1:\(before.port)
              gone: tcp://127.0.0.1:\(gone.port)
            """)
        try await RelayProcess.with(["--config", file]) { relay in
            let unchangedReader = try reader("unchanged", relay.url)
            let changedReader = try reader("changed", relay.url)
            let goneReader = try reader("gone", relay.url)
            // The file plays for two seconds: it is at its beginning here.
            #expect(await unchangedReader.hasWritten(atLeast: 1))
            for reader in [changedReader, goneReader] {
                #expect(await reader.hasWritten(atLeast: first.count / 2))
            }
            // One that makes no sense changes nothing.
            _ = configure("channels: {gone: 5:}")
            relay.process.signalGroup(SIGHUP)
            try await until { relay.hasSaid("restream.yaml:1:") }
            _ = configure(
                """
                channels:
                  new: tcp://127.0.0.1:\(after.port)
                  unchanged: {sources: [file: a.ts], stall: 10s}
                  changed: tcp://127.0.0.1:\(after.port)
                """)
            relay.process.signalGroup(SIGHUP)
            // The channel that is gone ends for its readers, the new one is there, and the changed one goes on.
            #expect(try await goneReader.finish().status.isSuccess)
            #expect(await changedReader.hasWritten(atLeast: first.count / 2 + second.count))
            let new = try reader("new", relay.url)
            #expect(await new.hasWritten(atLeast: second.count / 2))
            #expect(before.connectionCount == 1)
            #expect(await unchangedReader.hasWritten(atLeast: first.count * 9 / 10))
            for reader in [unchangedReader, changedReader, new] { kill(reader.process.pid, SIGTERM) }
            // What comes after its end is another round.
            let playedCount = first.count * 9 / 10 / TransportPacket.size * TransportPacket.size
            let unchangedOutput = Array(try await unchangedReader.finish().output.prefix(playedCount))
            #expect(packets(unchangedOutput).allSatisfy { !$0.isMarked })
            #expect(TSComparison.continuityErrors(unchangedOutput).isEmpty)
            #expect(packets(try await changedReader.finish().output).contains { $0.isMarked })
            #expect(packets(try await new.finish().output).allSatisfy { !$0.isMarked })
        }
    }

    @Test
    func `a source that is silent, drips, is garbage, redirects for ever or is not there gives way to the next`()
        async throws
    {
        let stream = try await clip("a.ts")
        let silent = try LoopbackSource([])
        let dripping = try LoopbackSource([], ending: .drips(0x47))
        let garbage = try LoopbackSource([UInt8](repeating: 0x95, count: 3 << 20), ending: .closes)
        let mute = try LoopbackSource([], speech: .answer(head: ""))
        let circle = try LoopbackSource(
            [],
            speech: .answer(
                head: "HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            ending: .closes)
        let good = try LoopbackSource(stream)
        let file = configure(
            """
            defaults: {stall: 700ms}
            channels:
              cam:
                - tcp://127.0.0.1:\(silent.port)
                - tcp://127.0.0.1:\(dripping.port)
                - tcp://127.0.0.1:\(garbage.port)
                - http://127.0.0.1:\(mute.port)/
                - http://127.0.0.1:\(circle.port)/
                - command: [sh, -c, 'echo the encoder has no camera >&2; exit 3']
                - command: no-such-program
                - nowhere.ts
                - tcp://127.0.0.1:\(good.port)
            """)
        try await RelayProcess.with { relay in
            let restream = try RunningTool("restream", ["--config", file, "--url", relay.url])
            let reader = try reader("cam", relay.url)
            #expect(await reader.hasWritten(atLeast: stream.count / 2))
            kill(restream.process.pid, SIGTERM)
            let result = try await restream.finish()
            #expect(result.status == .exited(0))
            _ = try await reader.finish()
            for words in [
                "nothing came from tcp://127.0.0.1:\(silent.port)",
                "nothing came from tcp://127.0.0.1:\(dripping.port)",
                "tcp://127.0.0.1:\(garbage.port): no MPEG-TS", "http://127.0.0.1:\(mute.port)/ does not answer",
                "redirects more than 10 times", "the encoder has no camera", "no-such-program is not installed",
                "cannot open \(folder("nowhere.ts"))", "is on source 9 of 9",
            ] {
                #expect(result.errors.contains(words), "\(words): \(result.errors)")
            }
        }
    }

    @Test(.needsProcessTable)
    func `a relay that goes and comes back finds its channels again, and no child is left behind`()
        async throws
    {
        _ = try await clip("a.ts")
        let file = configure(
            """
            defaults: {retry: 300ms}
            channels:
              cam:
                command: ffmpeg -v error -re -stream_loop -1 -i \(folder("a.ts")) -c copy -f mpegts -
            """)
        let first = try await RelayProcess.start(address: "\(OwnLoopbackAddress.make()):0")
        let restream = try RunningTool("restream", ["--config", file, "--url", first.url, "--stall-timeout", "1s"])
        _ = try await segments(1, of: "cam", first.url)
        let address = String(first.url.dropFirst("http://".count))
        await first.stop()
        let second = try await RelayProcess.start(address: address)
        _ = try await segments(1, of: "cam", second.url)
        let children = ProcessTable.children(of: restream.process.pid).filter { ProcessTable.name(of: $0) == "ffmpeg" }
        #expect(children.count == 1)
        kill(restream.process.pid, SIGUSR1)
        // The answer to the signal, and nothing else, counts segments.
        try await until { restream.hasSaid(" segments, ") }
        kill(restream.process.pid, SIGTERM)
        let result = try await restream.finish()
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.errors.contains("is on source 1 of 1, 'ffmpeg"))
        #expect(children.allSatisfy { !ProcessTable.isRunning($0) })
        await second.stop()
    }

    @Test func `the configuration is checked without a relay, and the exit code tells`() async throws {
        let good = configure("channels: {a: [clip.ts, 'tcp://h:1']}")
        let checked = try await RunningTool.run("restream", ["--config", good, "--check"])
        #expect(checked.status == .exited(0))
        #expect(checked.errors.contains("1 channels, 2 sources"))
        let example = "\(BuiltTool.packageRoot)/examples/restream.yaml"
        #expect(try await RunningTool.run("restream", ["--config", example, "--check"]).status == .exited(0))
        let bad = configure("channels:\n  a: x://y\n  b: {fil: z}\n")
        for arguments in [
            ["restream", "--config", bad, "--check"], ["restream", "--config", bad],
            ["trickle-server", "--config", bad, "--addr", "localhost:0"],
        ] {
            let result = try await RunningTool.run(arguments[0], Array(arguments.dropFirst()))
            #expect(result.status == .exited(1), "\(arguments)")
            #expect(
                result.errors.contains("\(bad):2:6: ") && result.errors.contains("\(bad):3:7: "), "\(result.errors)")
        }
        let lines = try await RunningTool.run("restream", ["--config", bad, "--check"]).errorLines
        #expect(lines.first?.hasPrefix("\(bad):2:6: ") == true, "\(lines)")
        let missing = try await RunningTool.run("restream", ["--config", folder("none.yaml"), "--check"])
        #expect(missing.status == .exited(1) && missing.errors.contains("cannot read"))
        #expect(try await RunningTool.run("restream", ["--check"]).status == .exited(2))
    }
}
