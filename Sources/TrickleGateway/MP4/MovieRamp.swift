import FragmentedMP4
import MediaChildren
import TrickleCore
import TrickleRelay

/// `GET /NAME/live.mp4`: fragmented MP4 without an end, for a plain `<video>`.
struct MovieRamp: Ramp {
    let relay: RelayServer
    let movies: LiveMovies
    let viewers: ViewerCount
    let statusWhenFull: Int

    var routes: [RampRoute] { [.channel("/{channel}/live.mp4", answer: answer)] }

    private func answer(_ channel: ChannelName, _ request: RampRequest) async -> RampResponse {
        // Whether one that was closed has a successor in which nothing has been written yet, only its readers are told.
        guard let window = relay.window(of: channel), !(window.isClosed && request.isHead) else {
            return .problem(404, "Stream not found")
        }
        // What is in it is known only to the ffmpeg that makes it.
        if request.isHead { return RampResponse(fields: Self.fields(type: "video/mp4"), .bytes(.init())) }
        guard let viewer = viewers.admit() else { return .full(statusWhenFull) }
        do {
            let (stream, initialization) = try await watch(channel, viewer)
            let type = "video/mp4; codecs=\"\(initialization.codecs)\""
            return RampResponse(fields: Self.fields(type: type), .stream(stream))
        } catch LiveMovie.Refusal.unsuitable(let reason) {
            return .problem(415, "no MP4 of '\(channel)': \(reason)")
        } catch LiveMovie.Refusal.ended, LiveMovie.Refusal.over {
            return .problem(404, "Stream not found")
        } catch is ChildRefusal {
            return .problem(503, "this relay makes as much MP4 as it may; try again", fields: Self.later)
        } catch LiveMovie.Refusal.failed(let reason) {
            return .problem(503, reason, fields: Self.later)
        } catch {
            return .problem(503, "\(error)", fields: Self.later)
        }
    }

    private func watch(
        _ channel: ChannelName, _ viewer: ViewerCount.Viewer
    ) async throws -> (stream: ChannelStream, initialization: Initialization) {
        let movie = try await movies.movie(of: channel)
        do {
            return try await movie.watch(viewer)
        } catch LiveMovie.Refusal.over {
            await movie.hasEnded()
            return try await movies.movie(of: channel).watch(viewer)
        }
    }

    private static let later = [(name: "Retry-After", value: "2")]

    private static func fields(type: String) -> [(name: String, value: String)] {
        [
            (name: "Content-Type", value: type), (name: "Cache-Control", value: "no-store"),
        ]
    }
}
