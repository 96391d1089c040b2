import Testing
import TrickleTesting

/// Codecs × containers, as far as this ffmpeg can write them.
@Suite(.needsFFmpeg, .timeLimit(.minutes(TestLimit.minutes))) struct CodecTableTests {
    private let publishing = RemuxTests()

    /// Carries a clip in each container of a row.
    private func carry(
        _ row: CodecSelection, input: String, check: (_ sent: FrameDigests, _ received: FrameDigests, String) -> Void
    ) async throws {
        try await RelayProcess.with { relay in
            for container in row.containers {
                let clip = publishing.folder("\(row.encoder).\(container)")
                try await row.makeClip(at: clip, input: input)
                let (publisher, output) = try await publishing.publish(clip, to: relay, as: container)
                #expect(publisher.status.isSuccess, "\(row.encoder) in \(container): \(publisher.errors)")
                try await check(FrameDigests(of: clip), FrameDigests(of: output), "\(row.encoder) in \(container)")
            }
        }
    }

    @Test(arguments: await CodecSelection.available(of: CodecSelection.video))
    func `every picture arrives, whatever its codec and container`(row: CodecSelection) async throws {
        try await carry(row, input: "testsrc2=s=160x120:r=25:d=0.4") { sent, received, name in
            #expect(sent.videoCount == 10, "\(name)")
            #expect(received.videoCount == sent.videoCount, "\(name)")
        }
    }

    @Test(arguments: await CodecSelection.available(of: CodecSelection.sound))
    func `all sound arrives, whatever its codec and container`(row: CodecSelection) async throws {
        try await carry(row, input: "sine=r=48000:d=1") { sent, received, name in
            let (sentCount, receivedCount) = (Self.byteCount(sent), Self.byteCount(received))
            #expect(sentCount > 90_000, "\(name)")
            // An encoder may add its warm-up, and fill its last frame.
            #expect(abs(receivedCount - sentCount) < sentCount / 8, "\(name): \(receivedCount) of \(sentCount) bytes")
        }
    }

    /// How many bytes of 16-bit samples the sound is.
    private static func byteCount(_ digests: FrameDigests) -> Int {
        (digests.frames["a"] ?? []).compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }.reduce(0, +)
    }
}
