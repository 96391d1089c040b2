import ChildProcesses
import Logging
import MediaChildren

/// The SHA-256 of a byte stream, from the system's own program for it: a witness that shares no code with what it checks.
final class ByteDigest: Sendable {
    private let child: LoggedChild
    private let writer: DescriptorWriter
    private let output: DescriptorReader

    /// - Throws: ``ToolFailure`` where neither `sha256sum` nor `shasum` is installed.
    init(logger: Logger) throws {
        let command =
            ExecutableSearch.find("sha256sum") == nil
            ? ChildCommand("shasum", ["-a", "256"]) : ChildCommand("sha256sum")
        child = try LoggedChild(command, standardInput: .pipe, standardOutput: .pipe, logger: logger)
        guard let input = child.process.standardInput, let output = child.process.standardOutput else {
            preconditionFailure("both are pipes")
        }
        writer = try child.orKilling { try DescriptorWriter(input, what: command.program) }
        self.output = try child.orKilling { try DescriptorReader(output, what: "what \(command.program) says") }
    }

    func add(_ bytes: [UInt8]) async throws {
        _ = try await writer.write(bytes)
    }

    /// Ends the stream.
    ///
    /// - Returns: Its digest, in hexadecimal.
    func finish() async throws -> String {
        writer.close()
        var text: [UInt8] = []
        for try await piece in output { text += piece }
        try await child.succeed("compute a SHA-256")
        return String(decoding: text.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }
}
