import ChildProcesses
import MPEGTS
import MediaChildren

/// Makes one picture from the bytes of a transport stream, with an ffmpeg that lives as long as that takes.
struct PictureDecoder: Sendable {
    /// More is no thumbnail.
    static let maximumPictureByteCount = 4 << 20
    /// A picture of 8K takes 300 MB and less than a second.
    static let limits = ChildLimits(memoryByteCount: 512 << 20, processorSeconds: 5, niceness: 10)

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let children: GatewayChildren
    /// An ffmpeg that takes longer is killed.
    let timeout: Duration
    /// How long its turn may take to come.
    let patience: Duration

    /// Waits for its turn, and then fetches and decodes the bytes.
    ///
    /// - Throws: ``Failure``, ``ChildRefusal``; what starting a child throws, and `fetch`.
    func decode(
        _ video: ElementaryStream, as request: PictureRequest, _ fetch: @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let permit = try await children.permit(for: .picture, within: patience)
        return try await decode(fetch(), of: video, as: request, permit)
    }

    private func decode(
        _ bytes: [UInt8], of video: ElementaryStream, as request: PictureRequest, _ permit: ChildPermit
    ) async throws -> [UInt8] {
        let child = try children.start(request.arguments(of: video), limits: Self.limits, permit)
        let watchdog = Task {
            try await Task.sleep(for: timeout)
            child.process.signalGroup(9)
        }
        defer { watchdog.cancel() }
        async let writing: Void = {
            // It stops reading once it has its picture.
            _ = try? await child.write(bytes)
            child.endInput()
        }()
        var picture: [UInt8] = []
        do {
            for try await piece in child.pieces {
                picture += piece
                guard picture.count <= Self.maximumPictureByteCount else {
                    throw Failure(description: "the picture has more than \(Self.maximumPictureByteCount) bytes")
                }
            }
        } catch {
            await child.stop()
            await writing
            throw error
        }
        let (status, lastWords) = await child.end()
        await writing
        // What a child that failed or was killed has written is part of a picture.
        guard status.isSuccess, !picture.isEmpty else {
            throw Failure(description: lastWords.isEmpty ? "ffmpeg made no picture: \(status)" : lastWords)
        }
        return picture
    }
}
