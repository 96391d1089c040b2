import Logging
import MediaChildren
import MediaIndex
import TrickleRelay

/// The media-aware readers of a relay: what players, browsers and set-top boxes fetch from it.
///
///     let relay = try RelayServer.start(logger: logger) { Gateway($0, logger: logger) }
///
/// Each ramp reads channels as any subscriber does, and does nothing while nobody asks it.
public struct Gateway: RelayRamps {
    public let routes: [RampRoute]
    private let viewers: ViewerCount
    private let children: GatewayChildren

    /// - Parameter children: What its ffmpegs take their places from, with the relay's other children; nil for a budget of its own.
    public init(
        _ relay: RelayServer, configuration: GatewayConfiguration = GatewayConfiguration(),
        children budget: ChildBudget? = nil, logger: Logger
    ) {
        let indexes = Indexes(relay, configuration: configuration.index)
        viewers = ViewerCount(softLimit: configuration.softViewerLimit, hardLimit: configuration.hardViewerLimit)
        let children = GatewayChildren(configuration, budget: budget, logger: logger)
        self.children = children
        var ramps: [any Ramp] = []
        if configuration.servesTransportStreams {
            ramps.append(
                TransportStreamRamp(indexes: indexes, viewers: viewers, statusWhenFull: configuration.statusWhenFull))
        }
        if configuration.servesHLS { ramps.append(HLSRamp(relay, indexes: indexes)) }
        if configuration.servesPictures {
            let pictures = Pictures(of: relay, configuration, children: children)
            ramps.append(PictureRamp(indexes: indexes, pictures: pictures))
        }
        let movies = LiveConversions<MovieProduct>(
            on: relay, configuration, children: children, logger: logger)
        let frames = LiveConversions<FrameProduct>(
            on: relay, configuration, children: children, logger: logger)
        if configuration.servesMP4 {
            ramps.append(
                MovieRamp(
                    relay: relay, movies: movies, viewers: viewers, statusWhenFull: configuration.statusWhenFull))
        }
        if configuration.servesFrames {
            ramps += [
                FrameRamp(relay: relay, conversions: frames),
                FrameIngest(relay: relay, takesAny: configuration.ingestsAnything),
            ]
        }
        if configuration.servesPage {
            let log = ChannelActivityLog(of: relay) {
                // What reads a channel for its viewers is none; they are.
                var corrections = await movies.viewerSurpluses
                corrections.merge(await frames.viewerSurpluses, uniquingKeysWith: +)
                for channel in indexes.channels { corrections[channel, default: 0] -= 1 }
                return corrections
            }
            ramps.append(ChannelRamp(indexes: indexes, log: log, configuration: configuration))
            ramps.append(PageRamp(base: relay.configuration.basePath.description))
        }
        routes = ramps.flatMap(\.routes)
    }

    public var viewerCount: Int { viewers.value }
    public var isFull: Bool { viewers.isFull }
    public var metrics: [MetricFamily] { children.counts.metrics }
}

/// One kind of answer that the gateway has.
protocol Ramp: Sendable {
    /// What it answers.
    var routes: [RampRoute] { get }
}

extension RampResponse {
    /// What a channel has cannot be told: the relay goes down, or the index has ended.
    static func unavailable(_ error: any Error) -> RampResponse {
        .problem(
            503, error is CancellationError ? "the relay is going down" : "\(error)",
            fields: [(name: "Retry-After", value: "1")])
    }

    /// See ``IndexConfiguration/maximumCount``.
    static var tooManyChannels: RampResponse {
        .problem(
            503, "the relay looks into as many channels as it may: ask again later",
            fields: [(name: "Retry-After", value: "10")])
    }
}
