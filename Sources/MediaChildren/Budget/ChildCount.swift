/// How a purpose does at the moment.
public struct ChildCount: Equatable, Sendable {
    public let purpose: ChildPurpose
    /// As many may run.
    public let maximum: Int
    public let running: Int
    public let waiting: Int
    /// Since the program began.
    public let refused: Int
}
