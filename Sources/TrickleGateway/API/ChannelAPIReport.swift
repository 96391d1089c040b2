import MPEGTS
import NIOCore
import TrickleCore
import TrickleRelay

/// How the channels do, as JSON: the figures of each, and what its newest segments say about its media.
struct ChannelAPIReport: Sendable {
    let indexes: Indexes
    let log: ChannelActivityLog
    /// Which ramps there are.
    let configuration: GatewayConfiguration

    /// Channels that are looked into for their media when all are asked about; of more, only the figures are told.
    static let maximumIndexedCount = 100

    /// - Parameter name: the one channel that is asked about, with its history; nil for all of them.
    func text(name: String?) async -> ByteBuffer {
        var channels: [JSONValue] = []
        var indexedCount = 0
        for entry in await log.entries() where name == nil || entry.activity.report.name.text == name {
            let media = indexedCount < Self.maximumIndexedCount ? await media(of: entry.activity.report) : nil
            if media != nil { indexedCount += 1 }
            var members = figures(entry) + (media ?? Self.noMedia)
            if name != nil { members.append(("history", Self.history(entry.history))) }
            channels.append(.object(members))
        }
        let document = JSONValue.object([
            ("time", .number(Duration.sinceEpoch / .seconds(1))), ("features", features),
            ("channels", .array(channels)),
        ])
        return ByteBuffer(string: document.text)
    }

    private var features: JSONValue {
        .object([
            ("ts", .bool(configuration.servesTransportStreams)), ("hls", .bool(configuration.servesHLS)),
            ("mp4", .bool(configuration.servesMP4)), ("thumbnails", .bool(configuration.servesPictures)),
        ])
    }

    private func figures(_ entry: ChannelActivityLog.Entry) -> [(name: String, value: JSONValue)] {
        let report = entry.activity.report
        let rate = entry.history.bitrate
        let lag =
            entry.activity.lag == 0 ? 0 : rate.flatMap { $0 > 0 ? Double(entry.activity.lag * 8) / Double($0) : nil }
        return [
            ("name", .string(report.name.text)),
            ("contentType", .string(report.contentType ?? "application/octet-stream")),
            ("age", .number(report.age / .seconds(1))), ("idle", .number(report.idleTime / .seconds(1))),
            ("next", .integer(report.next.value)), ("bitrate", .optional(rate, JSONValue.integer)),
            ("viewers", .integer(entry.viewers)), ("lag", .optional(lag, JSONValue.number)),
            ("keptSegments", .integer(report.keptSegmentCount)), ("keptBytes", .integer(report.keptByteCount)),
        ]
    }

    /// - Returns: nil for a channel that is not looked into.
    private func media(of report: ChannelReport) async -> [(name: String, value: JSONValue)]? {
        let type = report.contentType ?? ""
        guard !type.hasPrefix("text/"), !type.hasPrefix("application/json"), let index = indexes.index(of: report.name)
        else { return nil }
        let snapshot = await index.currentSnapshot
        let packets = ("transportStream", JSONValue.optional(snapshot.isTransportStream, JSONValue.bool))
        guard let media = ChannelMedia(snapshot) else { return [packets] + Self.noStreams }
        let picture = PictureSource(snapshot, of: index)?.place
        return [
            packets,
            ("gop", .optional(media.gop, JSONValue.number)),
            ("codecs", .array(media.codecs.map { .string($0.description) })),
            ("video", .optional(media.video, Self.describe)),
            ("audio", .optional(media.audio) { .object([("codec", .string($0.description))]) }),
            ("picture", .optional(picture) { .string("\($0.number)-\($0.offset)") }),
        ]
    }

    private static let noMedia = [("transportStream", .null)] + noStreams
    private static let noStreams: [(name: String, value: JSONValue)] = [
        ("gop", .null), ("codecs", .array([])), ("video", .null), ("audio", .null), ("picture", .null),
    ]

    private static func history(_ history: ChannelHistory) -> JSONValue {
        .object([
            ("interval", .number(ChannelActivityLog.interval / .seconds(1))),
            ("bitrate", .array(history.samples.map { .optional($0.bitrate, JSONValue.integer) })),
            ("viewers", .array(history.samples.map { .integer($0.viewers) })),
        ])
    }

    private static func describe(_ video: ChannelMedia.Video) -> JSONValue {
        .object([
            ("codec", .string(video.codec.description)), ("width", .optional(video.size?.width, JSONValue.integer)),
            ("height", .optional(video.size?.height, JSONValue.integer)),
            ("frameRate", .optional(video.frameRate, JSONValue.number)),
        ])
    }
}
