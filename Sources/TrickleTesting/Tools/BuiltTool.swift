import ChildProcesses

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// The executables of this package, where the build put them: beside the tests.
public enum BuiltTool {
    /// The path of the executable `name`.
    public static func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// The folder that holds them all.
    public static let folder: String = {
        // The test program itself on Linux; on macOS it is a loader from elsewhere, and the package's own folder helps.
        let own = CommandLine.arguments.first.flatMap { realpath($0, nil) }
        defer { free(own) }
        let beside = own.map { parent(of: String(cString: $0)) } ?? "."
        let candidates = [beside, "\(packageRoot)/.build/debug", "\(packageRoot)/.build/release"]
        return candidates.first { access("\($0)/read2pipe", X_OK) == 0 } ?? beside
    }()

    /// The folder of `Package.swift`.
    public static let packageRoot: String = {
        var folder = parent(of: #filePath)
        while folder.count > 1 && access("\(folder)/Package.swift", F_OK) != 0 { folder = parent(of: folder) }
        return folder
    }()

    /// Whether a program that the tests use from outside can be found.
    public static func isInstalled(_ programs: String...) -> Bool {
        programs.allSatisfy { ExecutableSearch.find($0) != nil }
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
