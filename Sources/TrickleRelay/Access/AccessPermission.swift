/// What somebody may be allowed to do: the actions that access rules name.
public enum AccessPermission: String, Sendable, CaseIterable {
    /// Create, publish, end and close channels.
    case publish
    /// Read segments, and all that is made of them.
    case read
    /// See which channels there are, and how they do: lists, the changefeed, the page, figures.
    case list
    /// Read recordings.
    case replay
    /// Read the metrics.
    case metrics
}
