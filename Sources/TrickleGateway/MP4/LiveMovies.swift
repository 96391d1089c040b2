import Logging
import TrickleCore
import TrickleRelay

/// The movies that somebody watches at the moment.
actor LiveMovies {
    private let relay: RelayServer
    private let configuration: GatewayConfiguration
    private let children: GatewayChildren
    private let logger: Logger
    private var movies: [ChannelName: LiveMovie] = [:]

    /// As many channels are watched as may be.
    struct Full: Error {}

    /// - Parameters:
    ///   - configuration: how many there may be at once, and how long they outlast their viewers.
    ///   - children: starts their ffmpegs.
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
    /// - Throws: ``Full``.
    func movie(of channel: ChannelName) throws -> LiveMovie {
        if let movie = movies[channel] { return movie }
        guard movies.count < configuration.maximumMovieCount else { throw Full() }
        let movie = LiveMovie(
            of: channel, on: relay, configuration, children: children, logger: logger
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
