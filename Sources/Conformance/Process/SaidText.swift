import Synchronization

/// What a program has said so far on standard error.
package final class SaidText: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    package init() {}

    package func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

    package func contains(_ text: String) -> Bool { bytes.withLock { $0.firstRange(of: Array(text.utf8)) != nil } }

    /// What follows that text, up to a space or the line's end.
    package func word(after text: String) -> String? {
        let bytes = bytes.withLock { $0 }
        guard let start = bytes.firstRange(of: Array(text.utf8))?.upperBound else { return nil }
        let word = bytes[start...].prefix { $0 > 32 }
        return word.endIndex < bytes.endIndex ? String(decoding: word, as: UTF8.self) : nil
    }
}
