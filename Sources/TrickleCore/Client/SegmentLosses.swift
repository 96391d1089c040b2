/// Segments that were lost on their way to the relay: whether it is worth to go on.
///
/// A segment that is broken off in its middle is one loss. A server that breaks each of them off at its beginning takes nothing.
public struct SegmentLosses: Sendable {
    /// How many were lost.
    public private(set) var count = 0
    private var inVain = 0

    /// So many in a row that were lost at their beginning are the end.
    private static let maximumInVain = 5
    /// What counts as its beginning.
    private static let beginning = Duration.seconds(2)

    public init() {}

    /// A segment got through.
    public mutating func acknowledged() { inVain = 0 }

    /// One did not, so long after it was begun.
    ///
    /// - Returns: whether to go on with the next.
    public mutating func lost(after time: Duration) -> Bool {
        count += 1
        inVain = time < Self.beginning ? inVain + 1 : 0
        return inVain < Self.maximumInVain
    }
}
