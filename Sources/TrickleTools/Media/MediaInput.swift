#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What `publish-file` was asked to publish, and how ffmpeg has to open it.
public enum MediaInput: Equatable, Sendable {
    /// MPEG-TS on standard input; ffmpeg has no part in it.
    case standardInput
    /// A file with a beginning and an end.
    case file(path: String)
    /// A pipe with a name, or a device, which has its own pace.
    case stream(path: String)
    /// A capture device or a generator, behind ffmpeg's `-f`, such as `v4l2` or `lavfi`.
    case device(format: String, name: String)
    /// Anything that ffmpeg opens by a URL.
    case url(scheme: String, text: String)

    /// Sources that ffmpeg names by `-f`, here written in front of a colon: `lavfi:testsrc2`, `x11grab::0.0`.
    static let deviceFormats: Set<String> = [
        "alsa", "avfoundation", "decklink", "dshow", "fbdev", "gdigrab", "jack", "kmsgrab", "lavfi", "openal", "oss",
        "pulse", "sndio", "v4l2", "x11grab",
    ]

    /// Reads the argument of a command line. Looks at the file system for what kind of file a path leads to.
    ///
    /// - Throws: ``ToolFailure`` when there is no such file, or it is a folder or unreadable.
    public init(_ argument: String?) throws(ToolFailure) {
        guard let argument, argument != "-" else {
            self = .standardInput
            return
        }
        if argument.isEmpty { throw ToolFailure("the name of the input is empty", exit: .usage) }
        if let separator = argument.firstIndex(of: ":") {
            let scheme = String(argument[..<separator])
            let rest = argument[argument.index(after: separator)...]
            if Self.deviceFormats.contains(scheme) {
                self = .device(format: scheme, name: String(rest))
                return
            }
            if scheme == "file" {
                let path = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
                self = try Self.path(String(path))
                return
            }
            if rest.hasPrefix("//"), Self.isScheme(scheme) {
                self = .url(scheme: scheme.lowercased(), text: argument)
                return
            }
        }
        self = try Self.path(argument)
    }

    /// Whether it may come at its own pace: over HTTP come files as well as live streams, and the probe tells which.
    var mayBeLive: Bool {
        if case .url = self { true } else { isLive }
    }

    /// Whether it comes at its own pace for sure, so that ffmpeg must not slow it down.
    public var isLive: Bool {
        switch self {
        case .standardInput, .stream: true
        case .file: false
        case .device(let format, _): format != "lavfi"
        case .url(let scheme, _): !["http", "https", "ftp", "sftp"].contains(scheme)
        }
    }

    /// The name that messages use.
    public var description: String {
        switch self {
        case .standardInput: "standard input"
        case .file(let path), .stream(let path): path
        case .device(let format, let name): "\(format):\(name)"
        case .url(_, let text): text
        }
    }

    /// ffmpeg's options up to and with `-i`.
    ///
    /// - Parameter timeout: How long the source may stay silent, where ffmpeg can limit that.
    func arguments(timeout: Duration) -> [String] {
        let microseconds = "\(max(1, timeout / .microseconds(1)).rounded(.down))".prefix { $0 != "." }
        switch self {
        case .standardInput: return ["-f", "mpegts", "-i", "pipe:0"]
        // Without the prefix, a colon in the name would be taken for a protocol.
        case .file(let path): return ["-i", "file:\(path)"]
        case .stream(let path):
            return path.hasPrefix("/dev/video") ? ["-f", "v4l2", "-i", path] : ["-i", "file:\(path)"]
        case .device(let format, let name): return ["-f", format, "-i", name]
        case .url(let scheme, let text):
            switch scheme {
            case "rtsp", "rtsps":
                return ["-rtsp_flags", "prefer_tcp", "-timeout", String(microseconds), "-i", text]
            case "udp": return ["-timeout", String(microseconds), "-i", text]
            case "http", "https", "tcp", "tls", "rtmp", "rtmps":
                return ["-rw_timeout", String(microseconds), "-i", text]
            default: return ["-i", text]
            }
        }
    }

    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) >= UInt8(ascii: "a"), (first | 0x20) <= UInt8(ascii: "z")
        else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    private static func path(_ path: String) throws(ToolFailure) -> MediaInput {
        var information = stat()
        guard stat(path, &information) == 0 else {
            if errno == ENOENT { throw ToolFailure("there is no file '\(path)'") }
            throw ToolFailure("cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        guard access(path, R_OK) == 0 else {
            throw ToolFailure("'\(path)' may not be read: \(String(cString: strerror(errno)))")
        }
        switch information.st_mode & S_IFMT {
        case S_IFREG: return .file(path: path)
        case S_IFDIR: throw ToolFailure("'\(path)' is a folder: give a file in it")
        default: return .stream(path: path)
        }
    }
}
