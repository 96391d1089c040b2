import Endings

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
    /// An address where ffmpeg waits for somebody who pushes.
    case listener(scheme: String, text: String)

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

    /// What a push can come by.
    static let listenerSchemes: Set<String> = ["rtsp", "rtmp", "srt", "tcp"]

    /// An address to listen on, such as `rtmp://0.0.0.0:1935/live/cam`.
    ///
    /// - Throws: ``ToolFailure`` when nothing can be listened for there.
    public init(listeningOn text: String) throws(ToolFailure) {
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() } ?? ""
        guard Self.listenerSchemes.contains(scheme) else {
            throw ToolFailure(
                "'\(Credentials.hidden(in: text))' cannot be listened on: it has to look like "
                    + "rtsp://0.0.0.0:8554/cam, rtmp://0.0.0.0:1935/live/cam, srt://0.0.0.0:9000 or tcp://0.0.0.0:9000",
                exit: .usage)
        }
        self = .listener(scheme: scheme, text: text)
    }

    /// A URL that is one whatever it looks like.
    package init(networkURL text: String) {
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() } ?? ""
        self = .url(scheme: scheme, text: text)
    }

    /// The same with a name and a password, where it is a URL that has none.
    public func adding(credentials: String) -> MediaInput {
        guard case .url(let scheme, let text) = self else { return self }
        return .url(scheme: scheme, text: Credentials.add(credentials, to: text))
    }

    /// Whether it waits for somebody who pushes.
    package var isListener: Bool { if case .listener = self { true } else { false } }

    /// Whether all of it comes once, so that who looks at it has taken it: a push, a named pipe.
    package var comesOnce: Bool {
        guard case .stream(let path) = self else { return isListener }
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFIFO
    }

    /// Whether it is a generator or a device, of which most give media for ever.
    package var mayHaveNoEnd: Bool {
        switch self {
        case .device: true
        case .stream: !comesOnce
        case .standardInput, .file, .url, .listener: false
        }
    }

    /// Whether nothing is lost where it is not read for a while.
    public var canWait: Bool {
        switch self {
        // Who is behind a pipe can wait, and may not like to lose anything. What ffmpeg makes by itself has time.
        case .standardInput, .file, .stream, .device("lavfi", _): true
        case .device, .url, .listener: false
        }
    }

    package var isURL: Bool { if case .url = self { true } else { false } }

    package var isRTMP: Bool {
        if case .url("rtmp", _) = self { true } else if case .url("rtmps", _) = self { true } else { false }
    }

    /// Whether a short look mostly shows as much as the long one that ffmpeg takes by itself.
    var canBeLookedAtInHaste: Bool {
        guard case .url(let scheme, _) = self else { return false }
        return ["rtmp", "rtmps", "udp", "srt", "tcp", "tls", "http", "https"].contains(scheme)
    }

    /// Whether its own bytes tell what it is: a device, and what is pushed or streamed, are told by their names.
    var hasOwnFormat: Bool {
        switch self {
        case .file: true
        case .url(let scheme, _): ["http", "https", "ftp", "sftp"].contains(scheme)
        case .standardInput, .stream, .device, .listener: false
        }
    }

    package var isRTSP: Bool {
        switch self {
        case .url(let scheme, _), .listener(let scheme, _): scheme.hasPrefix("rtsp")
        case .standardInput, .file, .stream, .device: false
        }
    }

    /// Whether it can be there again after its end or a failure. A file that fails once fails again.
    public var mayComeBack: Bool {
        switch self {
        case .file, .standardInput: false
        case .stream, .device, .url, .listener: true
        }
    }

    /// Whether it may come at its own pace: over HTTP come files as well as live streams, and the probe tells which.
    package var mayBeLive: Bool {
        if case .url = self { true } else { isLive }
    }

    /// Whether it comes at its own pace for sure, so that ffmpeg must not slow it down.
    public var isLive: Bool {
        switch self {
        case .standardInput, .stream, .listener: true
        case .file: false
        case .device(let format, _): format != "lavfi"
        case .url(let scheme, _): !["http", "https", "ftp", "sftp"].contains(scheme)
        }
    }

    /// The name that messages use, without credentials.
    public var description: String {
        switch self {
        case .standardInput: "standard input"
        case .file(let path), .stream(let path): path
        case .device(let format, let name): "\(format):\(name)"
        case .url(_, let text), .listener(_, let text): Credentials.hidden(in: text)
        }
    }

    /// ffmpeg's options up to and with `-i`.
    ///
    /// - Parameters:
    ///   - timeout: How long the source may stay silent, where ffmpeg can limit that.
    ///   - transport: How RTSP carries its packets.
    ///   - isHasty: Whether it may be looked at for so short a time that a part of it is missed.
    func arguments(timeout: Duration, transport: RTSPTransport = .auto, isHasty: Bool = false) -> [String] {
        func microseconds(atMost limit: Double = 0x1p62) -> String {
            String(Int(min(max(1, timeout / .microseconds(1)), limit)))
        }
        switch self {
        case .standardInput: return ["-f", "mpegts", "-i", "pipe:0"]
        // Without the prefix, a colon in the name would be taken for a protocol.
        case .file(let path): return ["-i", "file:\(path)"]
        case .stream(let path):
            return path.hasPrefix("/dev/video") ? ["-f", "v4l2", "-i", path] : ["-i", "file:\(path)"]
        case .device(let format, let name): return ["-f", format, "-i", name]
        case .url(let scheme, let text):
            // The rate of the pictures, for which ffmpeg would watch a second or more, is not needed.
            let quick = ["-fpsprobesize", "0"]
            // A transport stream may have more streams at any time: ffmpeg looks at it for as long as it may.
            let hasty = isHasty ? ["-analyzeduration", "1500000"] : []
            switch scheme {
            case "rtsp", "rtsps":
                return quick + transport.arguments + ["-timeout", microseconds(), "-i", text]
            // For UDP, ffmpeg keeps it in 32 bits.
            case "udp": return quick + hasty + ["-timeout", microseconds(atMost: Double(Int32.max)), "-i", text]
            case "srt": return quick + hasty + ["-timeout", microseconds(), "-i", text]
            // ffmpeg waits for sound as well as pictures, and pictures may begin with the next keyframe only.
            case "rtmp", "rtmps":
                let analysis = ["-analyzeduration", isHasty ? "1500000" : "10000000"]
                return quick + analysis + ["-rw_timeout", microseconds(), "-i", text]
            case "http", "https", "tcp", "tls":
                return hasty + ["-rw_timeout", microseconds(), "-i", text]
            default: return ["-i", text]
            }
        case .listener(let scheme, let text): return Self.listening(scheme, text)
        }
    }

    /// Each protocol has its own way to say that it listens; none of them stops waiting by itself.
    private static func listening(_ scheme: String, _ text: String) -> [String] {
        switch scheme {
        case "rtsp": return ["-rtsp_flags", "listen", "-i", text]
        case "rtmp": return ["-listen", "1", "-i", text]
        default:
            let parameter = scheme == "srt" ? "mode=listener" : "listen=1"
            return ["-f", "mpegts", "-i", "\(text)\(text.contains("?") ? "&" : "?")\(parameter)"]
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
        case S_IFIFO where path == "/dev/stdin" || path.hasPrefix("/dev/fd/"):
            throw ToolFailure(
                "'\(path)' is a pipe that ffmpeg does not get: send MPEG-TS to standard input, as in '… | publish-file -'"
            )
        default: return .stream(path: path)
        }
    }
}
