import NIOCore
import PictureFormats
import TrickleCore
import TrickleRelay

/// One picture for each request: `POST /ingest/NAME` is the next segment of `NAME`.
struct FrameIngest: Ramp {
    let relay: RelayServer
    /// Whether what is no picture is taken, too.
    let takesAny: Bool

    /// A picture is there whole before it is published.
    private static let maximumByteCount = 16 << 20
    /// Who comes later wants the newest picture, not the last half minute.
    private static let windowDuration = Duration.seconds(2)

    var routes: [RampRoute] {
        let limit = min(Self.maximumByteCount, relay.configuration.limits.segmentByteCount)
        return [
            RampRoute(
                "/ingest/{channel}", methods: [.post], action: .publish, body: .collected(atMost: limit)
            ) { request in publish(request) }
        ]
    }

    private func publish(_ request: RampRequest) -> RampResponse {
        guard let channel = request.channel else { preconditionFailure("the route has a channel") }
        guard channel.text != "next" else { return .problem(405, "a channel of that name is posted to as /next/0") }
        let format = PictureFormat(beginning: request.body.readableBytesView)
        if !takesAny {
            guard let format else {
                return .problem(
                    415, "this is no picture (JPEG, PNG, GIF, WebP, AVIF); --ingest-any takes anything else")
            }
            if format.isCut(request.body.readableBytesView) {
                return .problem(415, "the end of the \(format.contentType) is missing")
            }
        }
        // Clients say something about any body: curl that it is a form.
        let said = request.field("Content-Type")
        let type =
            format.map { format in said.flatMap { $0.hasPrefix("image/") ? $0 : nil } ?? format.contentType } ?? said
        do throws(TrickleError) {
            let (number, readers) = try relay.publish(
                request.body, to: channel, contentType: type ?? "application/octet-stream",
                windowDuration: Self.windowDuration, for: request.client)
            var response = RampResponse(
                fields: [
                    (name: "Content-Type", value: "application/json"), (name: "Cache-Control", value: "no-store"),
                    (name: HeaderName.sequence, value: "\(number)"),
                ], .bytes(ByteBuffer(string: #"{"seq":\#(number)}"# + "\n")))
            // Whoever sends many pictures waits for each answer, and for no reader.
            response.held = readers
            return response
        } catch {
            return .problem(error.status ?? 503, error.message)
        }
    }
}
