import Synchronization

/// What a program has said so far on standard error.
final class SaidText: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

    func contains(_ text: String) -> Bool { bytes.withLock { $0.firstRange(of: Array(text.utf8)) != nil } }
}
