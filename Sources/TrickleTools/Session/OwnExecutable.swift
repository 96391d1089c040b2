import ChildProcesses

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the running program lies.
public enum OwnExecutable {
    /// The folder of this program's file, links followed, so that its siblings are found.
    public static var folder: String {
        let called = CommandLine.arguments.first ?? ""
        let path = ExecutableSearch.find(called) ?? called
        guard let resolved = realpath(path, nil) else { return "." }
        defer { free(resolved) }
        let text = String(cString: resolved)
        return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
    }
}
