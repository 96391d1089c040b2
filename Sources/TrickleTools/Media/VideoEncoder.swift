import ChildProcesses
import Logging

/// An H.264 encoder that ffmpeg may have been built with; the best first.
public enum VideoEncoder: String, CaseIterable, Sendable {
    case x264 = "libx264"
    case openH264 = "libopenh264"
    case videoToolbox = "h264_videotoolbox"

    /// The best that a list of encoders names, as `ffmpeg -encoders` prints it: flags, name, description.
    init?(list: String) {
        let names = Set(
            list.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: " ").dropFirst().first })
        guard let encoder = Self.allCases.first(where: { names.contains(Substring($0.rawValue)) }) else { return nil }
        self = encoder
    }

    /// Asks ffmpeg what it has.
    ///
    /// - Throws: ``ToolFailure`` when it cannot encode H.264.
    static func installed(logger: Logger) async throws -> VideoEncoder {
        let command = ChildCommand("ffmpeg", ["-hide_banner", "-loglevel", "level+error", "-encoders"])
        let child = try LoggedChild(command, standardOutput: .pipe, logger: logger)
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        var list: [UInt8] = []
        for try await piece in try DescriptorReader(output, what: "ffmpeg's list of encoders") { list += piece }
        try await child.succeed("list its encoders")
        guard let encoder = VideoEncoder(list: String(decoding: list, as: UTF8.self)) else {
            throw ToolFailure("this ffmpeg cannot encode H.264: install one that was built with libx264")
        }
        return encoder
    }

    /// Options for the least delay: neither B-frames nor lookahead.
    ///
    /// - Parameter specifier: The stream that they are for, with its colon; empty for all.
    func lowDelayArguments(preset: String, specifier: String = "") -> [String] {
        switch self {
        case .x264:
            ["-preset\(specifier)", preset, "-tune\(specifier)", "zerolatency", "-sc_threshold\(specifier)", "0"]
        case .openH264: []
        case .videoToolbox: ["-realtime\(specifier)", "1", "-bf\(specifier)", "0"]
        }
    }
}
