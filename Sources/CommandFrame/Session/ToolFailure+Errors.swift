import ChildProcesses
import Endings
import TrickleKit

extension ToolFailure {
    /// Puts any error into a tool's words.
    public init(_ error: any Error) {
        switch error {
        case let failure as ToolFailure: self = failure
        case let error as TrickleError:
            self.init(error.message, exit: Self.exit(for: error.code))
        case let error as SystemError: self.init(Self.message(for: error))
        default: self.init("\(error)")
        }
    }

    private static func exit(for code: TrickleError.Code) -> ToolExit {
        switch code {
        case .channelNotFound: .channelNotFound
        case .accessDenied: .accessDenied
        default: .failure
        }
    }

    private static func message(for error: SystemError) -> String {
        if error.isOutOfSpace { return "\(error): make room, or write elsewhere" }
        return error.description
    }
}
