#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Finds programs as a shell does.
public enum ExecutableSearch {
    /// The path of the program `name`, which is a path itself if it contains `/`, and is looked up in `PATH` otherwise.
    ///
    /// - Parameter path: The folders to look in, separated by `:`.
    /// - Returns: nil when there is no file that may be executed.
    public static func find(_ name: String, in path: String = searchPath) -> String? {
        if name.isEmpty { return nil }
        if name.utf8.contains(UInt8(ascii: "/")) { return isExecutable(name) ? name : nil }
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            if isExecutable(candidate) { return candidate }
        }
        return nil
    }

    /// `PATH` of this process.
    public static var searchPath: String {
        getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    }

    private static func isExecutable(_ path: String) -> Bool {
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
