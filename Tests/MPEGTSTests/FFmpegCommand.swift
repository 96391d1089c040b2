import Foundation
import TrickleTesting

/// Runs ffmpeg and ffprobe for tests, with files in a folder that is removed at the end.
final class FFmpegCommand: Sendable {
    struct Failure: Error {
        let command: String
        let message: String
    }

    /// Whether both commands are there.
    static let isInstalled = ["ffmpeg", "ffprobe"].allSatisfy { name in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    /// The clips beside the package, or where `TRICKLE_MEDIA` says; nil where there are none.
    static let media: URL? = {
        let environment = ProcessInfo.processInfo.environment["TRICKLE_MEDIA"].map { URL(fileURLWithPath: $0) }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = environment ?? package.deletingLastPathComponent().appendingPathComponent("shared/media")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mpegts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// Runs a command to its end.
    ///
    /// - Returns: what it wrote to stdout, and to stderr.
    /// - Throws: ``Failure`` with what it wrote to stderr, if it fails.
    @discardableResult
    func run(_ name: String, _ arguments: [String]) async throws -> (output: String, messages: String) {
        let result = try await RunningTool.run(name, arguments)
        guard result.status.isSuccess else {
            throw Failure(command: "\(name) \(arguments.joined(separator: " "))", message: result.errors)
        }
        return (result.outputText, result.errors)
    }

    /// The hashes of all decoded frames of a file's streams, video and audio unless others are mapped, in order, stream by stream.
    func frameHashes(_ file: String, maps: [String] = ["0:v?", "0:a?"]) async throws -> [String] {
        let arguments = ["-v", "error", "-i", file] + maps.flatMap { ["-map", $0] } + ["-f", "framemd5", "-"]
        return try await run("ffmpeg", arguments).output.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            line in
            let columns = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return "\(columns[0]) \(columns[4]) \(columns[5])"
        }.sorted { $0.prefix(1) < $1.prefix(1) }
    }

    /// Pictures that ffprobe calls keyframes.
    func keyframeCount(_ file: String) async throws -> Int {
        let arguments = [
            "-v", "quiet", "-select_streams", "v:0", "-show_entries", "packet=pts,flags", "-of", "csv=p=0", file,
        ]
        return Set(try await run("ffprobe", arguments).output.split(separator: "\n").filter { $0.contains("K") }).count
    }
}
