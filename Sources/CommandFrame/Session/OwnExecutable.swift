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
    /// The folder that holds this program and its siblings: the one it was called in, or the one that a link leads to.
    ///
    /// - Parameter sibling: A program that has to be there, too.
    public static func folder(with sibling: String) -> String {
        let called = CommandLine.arguments.first ?? ""
        let path = ExecutableSearch.find(called) ?? called
        let folder = parent(of: path)
        if ExecutableSearch.find("\(folder)/\(sibling)") != nil { return folder }
        guard let resolved = realpath(path, nil) else { return folder }
        defer { free(resolved) }
        return parent(of: String(cString: resolved))
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
