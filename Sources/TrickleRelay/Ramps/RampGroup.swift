/// Several ramps as one, in the order in which they are asked.
public struct RampGroup: RelayRamps {
    public let routes: [RampRoute]
    private let ramps: [any RelayRamps]

    public init(_ ramps: [any RelayRamps]) {
        self.ramps = ramps
        routes = ramps.flatMap(\.routes)
    }

    public var viewerCount: Int { ramps.reduce(0) { $0 + $1.viewerCount } }
    public var isFull: Bool { ramps.contains(where: \.isFull) }
    public var metrics: [MetricFamily] { ramps.flatMap(\.metrics) }
}
