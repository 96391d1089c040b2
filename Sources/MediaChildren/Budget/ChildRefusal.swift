/// Why there is no place for a child. It says which limit was reached, and which option sets it.
public struct ChildRefusal: Error, Equatable, CustomStringConvertible {
    public enum Limit: Equatable, Sendable {
        /// As many run for this purpose as may.
        case purpose(Int)
        /// The places in all are taken, or kept for other purposes.
        case total(Int)
        /// As many wait for a place as may.
        case waiting(Int)
    }

    public let purpose: ChildPurpose
    public let limit: Limit
    public let option: String

    public var description: String {
        let what =
            switch limit {
            case .purpose(let count): "\(count) children \(purpose.activity), which is as many as may"
            case .total(let count):
                "none of the \(count) places for children is free for one to \(purpose.activity)"
            case .waiting(let count): "\(count) wait for a child to \(purpose.activity), which is as many as may"
            }
        return "\(what): \(option) sets another limit"
    }
}
