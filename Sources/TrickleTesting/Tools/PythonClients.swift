/// The Python that `make clients` makes, with the packages that tests use.
public enum PythonClients {
    private static let environment = "\(BuiltTool.packageRoot)/.build/clients"

    public static let path = "\(environment)/bin/python"

    /// Whether the whole environment is there: this comes last.
    public static var areInstalled: Bool { TemporaryFolder.contents(of: "\(environment)/made-of") != nil }

    /// Runs a script to its end.
    public static func run(
        _ script: String, _ arguments: [String], environment: [String: String?] = [:]
    ) async throws -> ToolResult {
        try await RunningTool.run(path, ["-B", script] + arguments, environment: environment)
    }
}
