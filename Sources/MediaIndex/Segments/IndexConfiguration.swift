/// What the indexes may cost.
public struct IndexConfiguration: Sendable {
    /// How long a channel is read on after the last who asked what is in it.
    public var idleTime: Duration = .seconds(30)
    /// Channels that are looked into at once, for viewers of all kinds but the protocol's own.
    public var maximumCount = 512
    /// What the parts of segments are to last, for viewers who want little delay: 8216bis recommends 1 s or less.
    public var partDuration: Duration = .milliseconds(500)

    public init() {}
}
