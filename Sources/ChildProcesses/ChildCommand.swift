/// A program and its arguments, ready to be started.
public struct ChildCommand: Equatable, Sendable, CustomStringConvertible {
    /// A path, or a name to be looked up in `PATH`.
    public var program: String
    /// Without the program's own name.
    public var arguments: [String]
    /// Added to this process's environment; nil takes a variable away.
    public var environment: [String: String?]
    /// The folder it starts in; nil for this process's.
    public var directory: String?
    /// What it may take; nil for what this process may.
    public var limits: ChildLimits?

    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String? = nil,
        limits: ChildLimits? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.limits = limits
    }

    /// The command as one would type it into a shell.
    public var description: String { ShellWords.join([program] + arguments) }
}
