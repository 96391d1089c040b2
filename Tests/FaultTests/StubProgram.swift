import TrickleTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// Shell scripts that stand in for programs that misbehave.
enum StubProgram {
    /// Writes a program into the folder.
    static func write(_ name: String, in folder: TemporaryFolder, _ script: String) throws {
        TemporaryFolder.write("#!/bin/sh\n\(script)\n".utf8, to: folder(name))
        guard chmod(folder(name), 0o755) == 0 else { throw PlainSocketError("cannot make \(name) executable") }
    }

    /// A `PATH` that finds the folder's programs first.
    static func path(with folder: TemporaryFolder) -> String {
        "\(folder.path):\(getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")"
    }
}
