import TrickleRelay

/// What a hook says to a question.
public enum HookAnswer: Sendable, Equatable {
    case allowed
    /// 401: what was presented does not count.
    case credentialsWrong
    case refused
    /// It could not be asked.
    case undecided
}

/// What asks a hook.
public protocol HookAsking: Sendable {
    /// An answer that still counts; nil where ``answer(to:)`` has to be asked for.
    func knownAnswer(to question: AccessQuestion) -> HookAnswer?
    func answer(to question: AccessQuestion) async -> HookAnswer
}
