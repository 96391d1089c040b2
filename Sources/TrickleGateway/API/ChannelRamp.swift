import MPEGTS
import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /_api/channels`: how the channels do, as JSON (docs/api.md).
struct ChannelRamp: Ramp {
    let indexes: Indexes
    let log: ChannelActivityLog
    /// Which ramps there are.
    let configuration: GatewayConfiguration

    func answer(_ request: RampRequest) async -> RampResponse? {
        guard request.path == ["_api", "channels"] else { return nil }
        let name = request.query["name"]
        let entries = await log.entries().filter { name == nil || $0.activity.report.name.text == name }
        if entries.isEmpty, name != nil { return .problem(404, "Stream not found") }
        var channels: [JSONValue] = []
        for entry in entries { channels.append(await describe(entry)) }
        let document = JSONValue.object([
            ("time", .number(Duration.sinceEpoch / .seconds(1))),
            (
                "features",
                .object([
                    ("ts", .bool(configuration.servesTransportStreams)), ("hls", .bool(configuration.servesHLS)),
                    ("mp4", .bool(configuration.servesMP4)),
                    ("thumbnails", .bool(configuration.servesPictures)),
                ])
            ), ("channels", .array(channels)),
        ])
        let fields = [
            (name: "Content-Type", value: "application/json"), (name: "Cache-Control", value: "no-store"),
        ]
        return RampResponse(fields: fields, .bytes(ByteBuffer(string: document.text)))
    }

    private func describe(_ entry: ChannelActivityLog.Entry) async -> JSONValue {
        let report = entry.activity.report
        let known = await snapshot(of: report)
        let media = known.flatMap { ChannelMedia($0.snapshot) }
        let picture = known.flatMap { PictureSource($0.snapshot, of: $0.index)?.place }
        let rate = entry.history.bitrate
        let lag =
            entry.activity.lag == 0 ? 0 : rate.flatMap { $0 > 0 ? Double(entry.activity.lag * 8) / Double($0) : nil }
        return .object([
            ("name", .string(report.name.text)),
            ("contentType", .string(report.contentType ?? "application/octet-stream")),
            ("age", .number(report.age / .seconds(1))), ("idle", .number(report.idleTime / .seconds(1))),
            ("next", .integer(report.next.value)), ("bitrate", .optional(rate, JSONValue.integer)),
            ("viewers", .integer(entry.viewers)),
            ("lag", .optional(lag, JSONValue.number)), ("gop", .optional(media?.gop, JSONValue.number)),
            ("codecs", .array((media?.codecs ?? []).map { .string($0.description) })),
            ("video", .optional(media?.video, Self.describe)),
            ("audio", .optional(media?.audio) { .object([("codec", .string($0.description))]) }),
            ("picture", .optional(picture) { .string("\($0.number)-\($0.offset)") }),
            ("keptSegments", .integer(report.keptSegmentCount)), ("keptBytes", .integer(report.keptByteCount)),
            (
                "history",
                .object([
                    ("interval", .number(ChannelActivityLog.interval / .seconds(1))),
                    ("bitrate", .array(entry.history.samples.map { .optional($0.bitrate, JSONValue.integer) })),
                    ("viewers", .array(entry.history.samples.map { .integer($0.viewers) })),
                ])
            ),
        ])
    }

    private static func describe(_ video: ChannelMedia.Video) -> JSONValue {
        .object([
            ("codec", .string(video.codec.description)), ("width", .optional(video.size?.width, JSONValue.integer)),
            ("height", .optional(video.size?.height, JSONValue.integer)),
            ("frameRate", .optional(video.frameRate, JSONValue.number)),
        ])
    }

    /// - Returns: nil for a channel about which nothing is known yet.
    private func snapshot(of report: ChannelReport) async -> (index: ChannelIndex, snapshot: ChannelIndex.Snapshot)? {
        guard let index = indexes.index(of: report.name) else { return nil }
        return (index, await index.currentSnapshot)
    }
}
