import ChildProcesses
import TrickleKit

/// Why a tool ends without having done its work.
public struct ToolFailure: Error, CustomStringConvertible {
    public let exit: ToolExit
    /// One line: what failed and what to try.
    public let message: String

    public init(_ message: String, exit: ToolExit = .failure) {
        self.exit = exit
        self.message = message
    }

    /// Puts any error into a tool's words.
    public init(_ error: any Error) {
        switch error {
        case let failure as ToolFailure: self = failure
        case let error as TrickleError:
            self.init(error.message, exit: error.code == .channelNotFound ? .channelNotFound : .failure)
        case let error as SystemError: self.init(Self.message(for: error))
        default: self.init("\(error)")
        }
    }

    public var description: String { message }

    private static func message(for error: SystemError) -> String {
        if error.isOutOfSpace { return "\(error): make room, or write elsewhere" }
        return error.description
    }
}
