import ChildProcesses
import CommandFrame
import Logging
import TrickleKit

/// Feeds a player with a channel until either comes to its end.
public struct Playing: Sendable {
    private let reading: ChannelReading
    private let player: ChildCommand
    private let isMediaOnly: Bool

    /// - Parameter isMediaOnly: Whether the player has no use for text.
    public init(_ reading: ChannelReading, player: ChildCommand, isMediaOnly: Bool) {
        self.reading = reading
        self.player = player
        self.isMediaOnly = isMediaOnly
    }

    /// - Throws: ``ToolFailure`` when the player fails; nothing when it is closed.
    public func run(_ session: ToolSession) async throws {
        let sink = PlayerSink(player, catchesUp: reading.catchesUp, isMediaOnly: isMediaOnly, logger: session.logger)
        do {
            try await reading.run(into: sink, session: session)
        } catch {
            await sink.stop()
            throw error
        }
        try await sink.finish(isStopped: session.stop.isMade)
    }
}
