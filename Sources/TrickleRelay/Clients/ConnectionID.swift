import Synchronization

/// Tells one connection from all others that the process has had.
public struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    /// What stands where there is no connection.
    static let none = ConnectionID(number: 0)

    private static let last = Atomic<UInt64>(0)
    private let number: UInt64

    private init(number: UInt64) { self.number = number }

    static func next() -> ConnectionID {
        ConnectionID(number: last.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    public var description: String { "\(number)" }
}
