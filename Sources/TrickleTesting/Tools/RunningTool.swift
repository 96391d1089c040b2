import ChildProcesses
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// How a program ended, and all that it wrote.
public struct ToolResult: Sendable {
    public let status: ExitStatus
    public let output: [UInt8]
    public let errors: String

    /// The lines on standard error.
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    public var outputText: String { String(decoding: output, as: UTF8.self) }
}

/// A program under test: one of this package by its name, or any other.
///
/// It is killed, with all that it has started, when it outlives its time or this object.
public final class RunningTool: Sendable {
    public let process: ChildProcess
    private let output: Task<[UInt8], any Error>
    private let errors: Task<[UInt8], any Error>
    private let received: Received
    private let said = SaidText()

    /// What has come so far, for those who wait for it.
    private final class Received: Sendable {
        private struct State {
            var byteCount = 0
            var isEnded = false
            var waiting: [(byteCount: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        }
        private let state = Mutex(State())

        func add(_ byteCount: Int, isEnded: Bool = false) {
            let due = state.withLock { state in
                state.byteCount += byteCount
                state.isEnded = state.isEnded || isEnded
                let split = state.waiting.partition { $0.byteCount <= state.byteCount || state.isEnded }
                defer { state.waiting.removeSubrange(split...) }
                return state.waiting[split...].map { ($0.continuation, $0.byteCount <= state.byteCount) }
            }
            for (continuation, hasCome) in due { continuation.resume(returning: hasCome) }
        }

        func wait(for byteCount: Int) async -> Bool {
            await withCheckedContinuation { continuation in
                let known: Bool? = state.withLock { state in
                    if state.byteCount >= byteCount { return true }
                    if state.isEnded { return false }
                    state.waiting.append((byteCount, continuation))
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    /// - Parameters:
    ///   - program: The name of a tool of this package, a name in `PATH`, or a path.
    ///   - standardInput: Nothing, unless told otherwise.
    ///   - outputFile: Where standard output goes instead of into the result.
    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String? = nil,
        standardInput: ChildProcess.Endpoint = .null, outputFile: OwnedDescriptor? = nil
    ) throws {
        let own = BuiltTool.path(program)
        let path = access(own, X_OK) == 0 ? own : program
        process = try ChildProcess(
            ChildCommand(path, arguments, environment: environment, directory: directory), standardInput: standardInput,
            standardOutput: outputFile.map { .descriptor($0.rawValue) } ?? .pipe, standardError: .pipe)
        let received = Received()
        self.received = received
        output = try Self.collect(process.standardOutput) { received.add($0.count, isEnded: $1) }
        errors = try Self.collect(process.standardError) { [said] piece, _ in said.add(piece) }
    }

    deinit { process.signalGroup(SIGKILL) }

    /// Waits for the program's end, and kills it when that does not come in time, which the status tells.
    public func finish(within limit: Duration = TestLimit.wait) async throws -> ToolResult {
        let killing = Task.detached { [process] in
            try await Task.sleep(for: limit)
            process.signalGroup(SIGKILL)
        }
        let status = await process.exitStatus()
        killing.cancel()
        return try await ToolResult(
            status: status, output: output.value, errors: String(decoding: errors.value, as: UTF8.self))
    }

    /// Waits until that many bytes have come on standard output.
    ///
    /// - Returns: false when it ended before.
    public func hasWritten(atLeast byteCount: Int) async -> Bool { await received.wait(for: byteCount) }

    /// Whether it has said that on standard error.
    public func hasSaid(_ text: String) -> Bool { said.contains(text) }

    /// Runs a program to its end.
    public static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String? = nil,
        within limit: Duration = TestLimit.wait
    ) async throws -> ToolResult {
        try await RunningTool(program, arguments, environment: environment, directory: directory).finish(within: limit)
    }

    private static func collect(
        _ descriptor: OwnedDescriptor?, told: @escaping @Sendable ([UInt8], Bool) -> Void
    ) throws -> Task<[UInt8], any Error> {
        guard let descriptor else { return Task { [] } }
        let reader = try DescriptorReader(descriptor, what: "a tool's output")
        return Task {
            var bytes: [UInt8] = []
            defer { told([], true) }
            for try await piece in reader {
                bytes += piece
                told(piece, false)
            }
            return bytes
        }
    }
}
