import ChildProcesses
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

@Suite struct ChildProcessTests {
    private func output(of child: ChildProcess) async throws -> [UInt8] {
        let reader = try DescriptorReader(#require(child.standardOutput), what: "the child's output")
        var bytes: [UInt8] = []
        for try await piece in reader { bytes += piece }
        return bytes
    }

    @Test func `a child's output and exit status are its own`() async throws {
        let child = try ChildProcess(
            ChildCommand("sh", ["-c", "echo $0 $NAME; exit 7"], environment: ["NAME": "x y"]), standardOutput: .pipe)
        #expect(try await output(of: child) == Array("sh x y\n".utf8))
        #expect(await child.exitStatus() == .exited(7))
        #expect(child.endedWith == .exited(7))
    }

    @Test func `what is written to a child comes back through cat whole`() async throws {
        let child = try ChildProcess(ChildCommand("cat"), standardInput: .pipe, standardOutput: .pipe)
        let writer = try DescriptorWriter(#require(child.standardInput), what: "cat")
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let received = output(of: child)
        for start in stride(from: 0, to: sent.count, by: 77_777) {
            #expect(try await writer.write(Array(sent[start..<min(start + 77_777, sent.count)])) == .written)
        }
        writer.close()
        #expect(try await received == sent)
        #expect(await child.exitStatus().isSuccess)
    }

    @Test func `a child has no descriptor of its parent's but the three`() async throws {
        let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
        // As they are whose owner has not said that they end with exec.
        let copy = OwnedDescriptor(dup(writeEnd.rawValue))
        #expect(fcntl(copy.rawValue, F_GETFD) & FD_CLOEXEC == 0)
        let child = try ChildProcess(
            ChildCommand("sh", ["-c", "for n in 3 4 5 6 7 8 9; do { true >&$n; } 2>&- && echo $n; done; cat"]),
            standardInput: .pipe, standardOutput: .pipe)
        copy.close()
        writeEnd.close()
        // The child still runs, and has not kept the pipe's other end.
        let reader = try DescriptorReader(readEnd, what: "the pipe")
        for try await piece in reader { #expect(piece.isEmpty) }
        #expect(child.endedWith == nil)
        try DescriptorWriter(#require(child.standardInput), what: "the child").close()
        #expect(try await output(of: child).isEmpty)
        #expect(await child.exitStatus() == .exited(0))
    }

    @Test func `a program that is not there is an error with its name`() throws {
        let error = #expect(throws: SystemError.self) { try ChildProcess(ChildCommand("no-such-program-here")) }
        #expect(error?.number == ENOENT)
        #expect(error?.description.contains("no-such-program-here") == true)
    }

    @Test func `a file that no system can run is an error`() throws {
        #expect(throws: SystemError.self) { try ChildProcess(ChildCommand("/dev/null")) }
        #expect(throws: SystemError.self) { try ChildProcess(ChildCommand("true", directory: "/no/such/folder")) }
    }

    @Test func `a child that ignores SIGTERM is killed`() async throws {
        let child = try ChildProcess(
            ChildCommand("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]), standardOutput: .pipe)
        let reader = try DescriptorReader(#require(child.standardOutput), what: "the child's output")
        var pieces = reader.makeAsyncIterator()
        _ = try await pieces.next()
        #expect(await child.stop(grace: .milliseconds(100)) == .killed(signal: SIGKILL))
        reader.stop()
    }

    @Test func `grandchildren end with the child`() async throws {
        let child = try ChildProcess(
            ChildCommand("sh", ["-c", "sleep 1000 & echo $!; read line"]), standardInput: .pipe, standardOutput: .pipe)
        let reader = try DescriptorReader(#require(child.standardOutput), what: "the child's output")
        var pieces = reader.makeAsyncIterator()
        let text = try String(decoding: #require(try await pieces.next()), as: UTF8.self)
        let grandchild = try #require(Int32(text.dropLast()))
        child.standardInput?.close()
        _ = await child.exitStatus()
        // The pipe's end tells that the last process that could write to it ends: it closes its files before it is gone.
        #expect(try await pieces.next() == nil)
        while kill(grandchild, 0) == 0, !isZombie(grandchild) { await Task.yield() }
    }

    @Test func `a reader that goes away is told to the writer, not to the process`() async throws {
        let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
        let writer = try DescriptorWriter(writeEnd, what: "a pipe")
        readEnd.close()
        // A child that another test starts at this moment has the pipe, too, until it is another program.
        while try await writer.write([1, 2, 3]) != .closedByReader { await Task.yield() }
    }

    @Test func `a full device is an error that says so`() async throws {
        let writer = try DescriptorWriter(.open("/dev/full", O_WRONLY), what: "standard output")
        let error = await #expect(throws: SystemError.self) { try await writer.write([1]) }
        #expect(error?.number == ENOSPC)
        writer.close()
    }

    @Test func `a cancelled write does not wait for its reader`() async throws {
        let (readEnd, writeEnd) = try OwnedDescriptor.pipe()
        let writer = try DescriptorWriter(writeEnd, what: "a pipe")
        let writing = Task { while true { _ = try await writer.write([UInt8](repeating: 0, count: 100_000)) } }
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        readEnd.close()
    }

    private func isZombie(_ pid: Int32) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return true }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 512)
        let count = fread(&line, 1, line.count, file)
        return String(decoding: line[..<count], as: UTF8.self).contains(") Z ")
    }
}
