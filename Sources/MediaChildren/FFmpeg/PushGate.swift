import Synchronization

/// Refuses who pushes with another key than the one that is waited for: ffmpeg only warns of that, and takes what comes.
package final class PushGate: Sendable {
    private struct State {
        var refusal: PushRefusal?
        var end: (@Sendable () -> Void)?
    }

    private static let mark = "Unexpected stream "
    private static let separator = ", expecting "

    private let key: String
    private let state = Mutex(State())

    /// - Parameter key: What is waited for.
    package init(key: String) { self.key = key }

    /// Why the push was refused; nil while none was.
    var refusal: PushRefusal? { state.withLock { $0.refusal } }

    /// Sees what ffmpeg says.
    ///
    /// - Returns: Whether the line is about a push that is refused.
    package func refuses(_ line: String) -> Bool {
        guard let start = line.firstRange(of: Self.mark) else { return false }
        let rest = line[start.upperBound...]
        guard let end = rest.firstRange(of: "\(Self.separator)\(key)") else { return false }
        let act = state.withLock { state in
            state.refusal = PushRefusal(pushed: String(rest[..<end.lowerBound]))
            return state.end
        }
        act?()
        return true
    }

    /// Has `act` called when a push is refused; at once if one has been.
    package func whenRefused(_ act: @escaping @Sendable () -> Void) {
        let isRefused = state.withLock { state in
            state.end = act
            return state.refusal != nil
        }
        if isRefused { act() }
    }
}

/// Somebody pushed with another key.
package struct PushRefusal: Error, CustomStringConvertible {
    let pushed: String

    package var description: String { "a push with the key '\(pushed)' is refused: another key is waited for" }
}
