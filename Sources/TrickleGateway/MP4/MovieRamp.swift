import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /NAME/live.mp4`: fragmented MP4 without an end, for a plain `<video>`.
struct MovieRamp: Ramp {
    let relay: RelayServer
    let movies: LiveConversions<MovieProduct>
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
        let product = MovieProduct()
        do {
            let watching = try await movies.watch(product, of: channel, viewer)
            let initialization = watching.start.initialization
            let stream = ChannelStream(
                channel: watching.derived, number: watching.start.number,
                preamble: ByteBuffer(bytes: initialization.bytes), viewer: watching.viewer)
            let type = "video/mp4; codecs=\"\(initialization.codecs)\""
            return RampResponse(fields: Self.fields(type: type), .stream(stream))
        } catch {
            return .unconverted(channel, to: product, error)
        }
    }

    private static func fields(type: String) -> [(name: String, value: String)] {
        [
            (name: "Content-Type", value: type), (name: "Cache-Control", value: "no-store"),
        ]
    }
}
