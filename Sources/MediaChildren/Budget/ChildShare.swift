/// What one purpose gets of the places for children.
public struct ChildShare: Sendable {
    /// Children that run at once.
    public var maximum: Int
    /// Places that no other purpose may take while they are free.
    public var reserved: Int
    /// Those who may wait for a place; one more is refused.
    public var maximumWaiting: Int
    /// The option that sets ``maximum``, for messages.
    public var option: String

    public init(maximum: Int, reserved: Int = 0, maximumWaiting: Int, option: String) {
        precondition(maximum >= 0 && reserved >= 0 && reserved <= maximum && maximumWaiting >= 0)
        self.maximum = maximum
        self.reserved = reserved
        self.maximumWaiting = maximumWaiting
        self.option = option
    }

    /// No child at all.
    public static func none(option: String) -> ChildShare { ChildShare(maximum: 0, maximumWaiting: 0, option: option) }
}
