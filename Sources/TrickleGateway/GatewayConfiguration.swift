/// Which ramps the gateway has, and what they may cost.
public struct GatewayConfiguration: Sendable {
    /// How long a channel is read on after the last who asked what is in it.
    public var indexIdleTime: Duration = .seconds(30)
    /// What the parts of segments are to last, for viewers who want little delay: 8216bis recommends 1 s or less.
    public var partDuration: Duration = .milliseconds(500)

    public init() {}
}
