import ArgumentParser
import CommandFrame

/// What a publisher does when the relay, or the way to it, takes less than the source gives.
public enum SlowRelayPolicy: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The source waits.
    case wait
    /// The source goes on, and whole segments are dropped.
    case drop
}

/// How a publisher deals with a relay that is slower than its source.
public struct SlowRelayOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "When the relay takes less than the source gives: wait, or drop whole segments. (default: drop for cameras and live streams, wait for files and pipes)",
            valueName: "wait|drop"))
    public var onSlow: SlowRelayPolicy?

    @Option(
        help: ArgumentHelp(
            "How many segments may wait for the relay before the oldest of them is dropped.", valueName: "segments"))
    public var maxBehind = 3

    public init() {}

    public func validate() throws {
        if maxBehind < 1 { throw ValidationError("--max-behind has to be at least 1") }
    }
}

extension SlowRelayOptions {
    /// - Parameter waits: Whether the source waits for a slow relay where ``onSlow`` says nothing.
    public func idleOptions(waits: Bool) -> [IdleOption] {
        let isIdle = onSlow.map { $0 == .wait } ?? waits
        return [
            IdleOption("--max-behind", "the source waits for the relay; --on-slow drop lets it go on", if: isIdle)
        ].compactMap { $0 }
    }
}
