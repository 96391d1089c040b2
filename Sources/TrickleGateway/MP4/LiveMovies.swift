import Logging
import MediaChildren
import TrickleCore
import TrickleRelay

/// The movies that somebody watches at the moment.
actor LiveMovies {
    private let relay: RelayServer
    private let configuration: GatewayConfiguration
    private let children: GatewayChildren
    private let logger: Logger
    private var movies: [ChannelName: LiveMovie] = [:]

    /// - Parameters:
    ///   - configuration: how long they outlast their viewers.
    ///   - children: starts their ffmpegs, as many as may be.
    init(
        on relay: RelayServer, _ configuration: GatewayConfiguration = GatewayConfiguration(),
        children: GatewayChildren, logger: Logger
    ) {
        self.children = children
        self.relay = relay
        self.configuration = configuration
        self.logger = logger
    }

    /// The movie of a channel: the one that runs, or a new one.
    ///
    /// - Throws: ``ChildRefusal``.
    func movie(of channel: ChannelName) throws(ChildRefusal) -> LiveMovie {
        if let movie = movies[channel] { return movie }
        let permit = try children.permitNow(for: .movie)
        let movie = LiveMovie(
            of: channel, on: relay, configuration, children: children, permit, logger: logger
        ) { [weak self] in
            await self?.forget($0)
        }
        movies[channel] = movie
        return movie
    }

    /// How many more watch a channel's movie than read the channel for it, by channel.
    var viewerSurpluses: [ChannelName: Int] {
        get async {
            var surpluses: [ChannelName: Int] = [:]
            for movie in Array(movies.values) {
                surpluses[movie.channel] = await movie.viewerCount - (movie.isReading ? 1 : 0)
            }
            return surpluses
        }
    }

    /// How many movies there are.
    var count: Int { movies.count }

    func forget(_ movie: LiveMovie) {
        if movies[movie.channel] === movie { movies[movie.channel] = nil }
    }
}
