import ChildProcesses
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What children may take of the machine.
@Suite struct ChildLimitTests {
    private struct ChildEnd {
        let text: String
        let status: ChildProcesses.ExitStatus
    }

    private func output(of script: String, _ limits: ChildLimits?) async throws -> ChildEnd {
        let child = try ChildProcess(ChildCommand("sh", ["-c", script], limits: limits), standardOutput: .pipe)
        let reader = try DescriptorReader(#require(child.standardOutput), what: "the child's output")
        var bytes: [UInt8] = []
        for try await piece in reader { bytes += piece }
        return ChildEnd(text: String(decoding: bytes, as: UTF8.self), status: await child.exitStatus())
    }

    @Test func `a child has the limits that it is given, and its parent keeps its own`() async throws {
        let limits = ChildLimits(memoryByteCount: 64 << 20, processorSeconds: 7, niceness: 3)
        let before = try await output(of: "ulimit -d; ulimit -t; ulimit -c; nice", nil).text
        let own = try #require(Int(before.split(separator: "\n")[3]))
        #expect(
            try await output(of: "ulimit -d; ulimit -t; ulimit -c; nice", limits).text
                == "65536\n7\n0\n\(min(own + 3, 19))\n")
        #expect(try await output(of: "ulimit -d; ulimit -t; ulimit -c; nice", nil).text == before)
    }

    @Test(.enabled(if: hasDataLimits, "only Linux limits it"))
    func `a child that wants more memory than it may have gets none`() async throws {
        // The whole of an endless line is held.
        let status = try await output(
            of: "head -c 200000000 /dev/zero | tr '\\0' x | sort", ChildLimits(memoryByteCount: 32 << 20)
        ).status
        #expect(!status.isSuccess)
    }

    @Test func `a child that works on without an end is killed`() async throws {
        let status = try await output(of: "while :; do :; done", ChildLimits(processorSeconds: 1)).status
        #expect(status == .killed(signal: SIGXCPU) || status == .killed(signal: SIGKILL))
    }

    private static var hasDataLimits: Bool {
        #if os(Linux)
            true
        #else
            false
        #endif
    }
}
