import ChildProcesses
import CommandFrame
import Logging
import MediaChildren
import TrickleKit

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension SourcePlan {
    /// Opens it.
    ///
    /// - Parameters:
    ///   - limit: How long that may take.
    ///   - children: What its child, if it has one, takes its place from; nil where any number may run.
    /// - Throws: ``SourceFailure`` and the system's errors; `CancellationError`.
    package func open(
        within limit: Duration, children: ChildBudget? = nil, logger: Logger
    ) async throws -> any SourceInput {
        switch kind {
        case .http(let url, let fields, let isInsecure):
            var configuration = ClientConfiguration()
            configuration.headers = fields.map { ($0.name, $0.value) }
            configuration.userAgent = "trickle-swift/\(TrickleVersion.current)"
            configuration.connectTimeout = limit
            configuration.insecure = isInsecure
            return try await Self.open(
                HTTPStream(url, shownAs: description, configuration: configuration), name: description, within: limit)
        case .tcp(let address):
            return try DescriptorInput(
                try await SocketOpening.connect(to: address, within: limit), name: description,
                ending: "has closed the connection")
        case .udp(let address):
            return try DatagramInput(try await SocketOpening.bind(to: address), name: description)
        case .unixSocket(let path):
            return try DescriptorInput(
                try await SocketOpening.connect(toUnixSocket: path, within: limit), name: description,
                ending: "has closed the connection")
        case .pipe(let path): return try PipeInput(path: path)
        case .file(let path, let isRepeated, let isPaced):
            return try FileInput(path: path, isRepeated: isRepeated, isPaced: isPaced)
        case .path(let path):
            return try await SourcePlan(Self.kind(ofPath: path)).open(
                within: limit, children: children, logger: logger)
        case .command(let words, let folder):
            let permit = try await Self.permit(of: children, within: limit)
            return try CommandInput(words, folder: folder, permit: permit, logger: logger)
        case .standardInput: return try StandardInput.open()
        case .ffmpeg(let command, let input, let timeout):
            let permit = try await Self.permit(of: children, within: limit)
            return try FFmpegInput(command, reading: input, timeout: timeout, permit: permit, logger: logger)
        }
    }

    private static func permit(of children: ChildBudget?, within limit: Duration) async throws -> ChildPermit? {
        do { return try await children?.permit(for: .publisher, within: limit) } catch let refusal as ChildRefusal {
            throw SourceFailure("\(refusal)")
        }
    }

    /// Whether it is a file, which is there whenever it is looked for.
    package var isFile: Bool {
        switch kind {
        case .file: true
        case .path(let path): SourcePlan(Self.kind(ofPath: path)).isFile
        default: false
        }
    }

    /// Whether ffmpeg is between it and us.
    var isFromFFmpeg: Bool { if case .ffmpeg = kind { true } else { false } }

    private static func kind(ofPath path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .file(path: path, isRepeated: false, isPaced: true) }
        switch status.st_mode & S_IFMT {
        case S_IFIFO: return .pipe(path: path)
        case S_IFSOCK: return .unixSocket(path: path)
        default: return .file(path: path, isRepeated: false, isPaced: true)
        }
    }

    /// A server may take the connection, and then say nothing.
    private static func open(
        _ stream: HTTPStream, name: String, within limit: Duration
    ) async throws -> any SourceInput {
        let deadline = ContinuousClock.now + limit
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            stream.cancel()
        }
        defer { timer.cancel() }
        do {
            try await stream.open()
        } catch let error as TrickleError {
            if deadline <= .now { throw SourceFailure("\(name) does not answer") }
            throw SourceFailure(error.message)
        }
        return HTTPInput(stream, name: name)
    }
}
