/// Why a tool ends without having done its work.
public struct ToolFailure: Error, CustomStringConvertible {
    public let exit: ToolExit
    /// One line: what failed and what to try.
    public let message: String

    public init(_ message: String, exit: ToolExit = .failure) {
        self.exit = exit
        self.message = message
    }

    public var description: String { message }
}
