import TrickleKit

/// When a channel that is no longer there is made anew. A relay closes a channel on which nothing comes for long, and so may anybody else.
package enum RenewalRule: Sendable {
    case never
    /// Whenever it is missing: it is to be there.
    case always
    /// While nothing has been written to the outlet: it was closed when there was no source.
    case beforeFirstSegment
    /// Once something has been written to the outlet: records may be far between.
    case afterFirstSegment

    func holds(for error: TrickleError, segmentCount: Int) -> Bool {
        switch self {
        case .never: false
        case .always: error.code == .channelClosed || error.code == .channelNotFound
        case .beforeFirstSegment: error.code == .channelClosed && segmentCount == 0
        case .afterFirstSegment: error.code == .channelClosed && segmentCount > 0
        }
    }
}
