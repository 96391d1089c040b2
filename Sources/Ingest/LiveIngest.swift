import CommandFrame
import MediaChildren
import TrickleCore
import TrickleRelay

/// The doors by which clients publish with one request whose body has no end: `POST` or `PUT` of `/NAME/live.ts`.
///
///     ffmpeg -re -i clip.mp4 -c copy -f mpegts http://localhost:2939/cam/live.ts
///     curl -T capture.ts http://localhost:2939/cam/live.ts
///
/// The body is cut at its GOPs, as `publish-file` cuts, and published in this process. Of `/NAME/live.mkv` and its like an ffmpeg makes a transport
/// stream first.
public struct LiveIngest: RelayRamps {
    public let routes: [RampRoute]

    /// - Parameters:
    ///   - children: From which the ffmpegs take their places.
    ///   - session: Whose logger tells what becomes of each stream.
    public init(_ relay: RelayServer, children: ChildBudget, session: ToolSession) {
        let linger = relay.configuration.limits.publisherLingerDuration
        let places = LivePlaces { relay.limits }
        let doors = LiveDoors(
            relay: relay, children: children, places: places, tables: TableMemory(lasts: linger),
            paused: PausedStreams(for: linger, atMost: places.count))
        let containers: [(name: String, container: LiveContainer?)] =
            [("ts", nil)] + LiveContainer.allCases.map { ($0.rawValue, $0) }
        routes = containers.map { name, container in
            RampRoute(
                PathPattern(stringLiteral: "/{channel}/live.\(name)"), methods: [.post, .put], action: .publish,
                body: .streamed
            ) { request in
                guard let channel = request.channel, let body = request.stream else {
                    preconditionFailure("the route has a channel and a body")
                }
                do throws(LiveRequest.Mistake) {
                    let asked = try LiveRequest(request.query)
                    let session = session.with(stop: session.stop, logger: session.logger(for: channel))
                    return await LiveBody(of: channel, asked, from: request.client, through: doors, session).publish(
                        body, container)
                } catch {
                    return .problem(400, error.reason)
                }
            }
        }
    }
}

/// What all doors of a relay share.
struct LiveDoors: Sendable {
    let relay: RelayServer
    let children: ChildBudget
    let places: LivePlaces
    let tables: TableMemory
    let paused: PausedStreams
}
