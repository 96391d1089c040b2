import ChildProcesses
import Logging

/// Makes one picture from the bytes of a transport stream, with an ffmpeg that lives as long as that takes.
struct PictureDecoder: Sendable {
    /// More is no thumbnail.
    static let maximumPictureByteCount = 4 << 20
    /// An ffmpeg that takes longer is killed.
    static let timeout = Duration.seconds(5)

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let logger: Logger

    /// - Throws: ``Failure``, ``SystemError``.
    func decode(_ bytes: [UInt8], as request: PictureRequest) async throws -> [UInt8] {
        let child = try GatewayChild(request.arguments, logger: logger)
        let watchdog = Task {
            try await Task.sleep(for: Self.timeout)
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
        guard !picture.isEmpty else {
            throw Failure(description: lastWords.isEmpty ? "ffmpeg made no picture: \(status)" : lastWords)
        }
        return picture
    }
}
