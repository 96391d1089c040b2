/// Which ramps the gateway has, and what they may cost.
public struct GatewayConfiguration: Sendable {
    public init() {}
}
