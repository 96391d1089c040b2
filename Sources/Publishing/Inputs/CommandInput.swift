import ChildProcesses
import Logging
import MediaChildren

/// A program that writes a transport stream to its standard output.
final class CommandInput: SourceInput {
    /// How long a program that has closed its output may take to end, and one that was told to end.
    private static let patience = Duration.milliseconds(300)

    var canWait: Bool { true }
    private let child: LoggedChild
    private let reader: DescriptorReader
    private let name: String

    init(_ words: [String], folder: String, permit: ChildPermit?, logger: Logger) throws {
        name = words[0].split(separator: "/").last.map(String.init) ?? words[0]
        let command = ChildCommand(
            words[0], Array(words.dropFirst()), directory: folder.isEmpty ? nil : folder)
        child = try LoggedChild(command, standardOutput: .pipe, permit: permit, logger: logger)
        guard let output = child.process.standardOutput else { preconditionFailure("standard output is a pipe") }
        let what = "what \(name) writes"
        reader = try child.orKilling { try DescriptorReader(output, what: what) }
    }

    func next() async throws -> SourceEvent? {
        var iterator = reader.makeAsyncIterator()
        return try await iterator.next().map { .bytes($0) }
    }

    func requestEnd() {
        child.requestEnd()
        reader.stop()
    }

    func close() async -> SourceEnding {
        let child = child
        if child.wasToldToEnd {
            await child.stop(grace: Self.patience)
            return SourceEnding("\(name) was ended")
        }
        let ending = Task.detached {
            try await Task.sleep(for: Self.patience)
            await child.stop(grace: Self.patience)
        }
        let status = await child.end()
        ending.cancel()
        if status.isSuccess || child.wasToldToEnd { return SourceEnding("\(name) has ended") }
        let words = child.lastWords.isEmpty ? "" : ": \(child.lastWords)"
        return SourceEnding("\(name) has failed with \(status)\(words)")
    }
}
