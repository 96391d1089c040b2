import MediaChildren

/// Where the transport stream comes from that is published.
enum MediaOrigin: Equatable {
    case standardInput
    /// A file that is a transport stream already: nothing is between it and the relay.
    case file(path: String)
    case ffmpeg

    /// Looks into a file. ffmpeg has no part in a transport stream unless something is wanted that it alone can do.
    ///
    /// - Throws: `SystemError` when the file cannot be read.
    init(_ publishing: FFmpegCommand.Publishing, transcodes: Bool) throws {
        switch publishing.input {
        case .standardInput: self = .standardInput
        case .file(let path) where !transcodes && !publishing.asksForFFmpeg:
            self = try FileHead.isTransportStream(file: path) ? .file(path: path) : .ffmpeg
        default: self = .ffmpeg
        }
    }

    /// The file, where nothing is between it and the relay.
    var path: String? { if case .file(let path) = self { path } else { nil } }
    var isFile: Bool { if case .file = self { true } else { false } }
}
