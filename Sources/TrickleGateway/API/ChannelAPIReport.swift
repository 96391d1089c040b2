import MPEGTS
import MediaIndex
import NIOCore
import TrickleCore
import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the channels do, as JSON: the figures of each, and what its newest segments say about its media.
struct ChannelAPIReport: Sendable {
    let indexes: Indexes
    let log: ChannelActivityLog
    /// Which ramps there are.
    let configuration: GatewayConfiguration

    /// Channels that are looked into for their media when all are asked about; of more, only the figures are told.
    static let maximumIndexedCount = 100

    /// - Parameter isWanted: whether a channel is told of.
    func text(hasHistory: Bool = false, of isWanted: (ChannelName) -> Bool) async -> ByteBuffer {
        var channels: [ChannelAPIDocument.Channel] = []
        var indexedCount = 0
        for entry in await log.entries() where isWanted(entry.activity.report.name) {
            var channel = Self.figures(entry)
            if indexedCount < Self.maximumIndexedCount, await addMedia(of: entry.activity.report, to: &channel) {
                indexedCount += 1
            }
            if hasHistory { channel.history = Self.history(entry.history) }
            channels.append(channel)
        }
        let document = ChannelAPIDocument(
            time: (Duration.sinceEpoch / .seconds(1)).inThousandths, features: features, channels: channels)
        return ByteBuffer(string: Self.text(of: document))
    }

    private static func text(of document: ChannelAPIDocument) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(document) else { preconditionFailure("all numbers are finite") }
        return JSONText.showing(String(decoding: json, as: UTF8.self))
    }

    private var features: ChannelAPIDocument.Features {
        .init(
            ts: configuration.servesTransportStreams, hls: configuration.servesHLS, mp4: configuration.servesMP4,
            thumbnails: configuration.servesPictures, frames: configuration.servesFrames)
    }

    private static func figures(_ entry: ChannelActivityLog.Entry) -> ChannelAPIDocument.Channel {
        let report = entry.activity.report
        let rate = entry.history.bitrate
        let lag =
            entry.activity.lag == 0 ? 0 : rate.flatMap { $0 > 0 ? Double(entry.activity.lag * 8) / Double($0) : nil }
        return .init(
            name: report.name.text, contentType: report.contentType ?? "application/octet-stream",
            age: (report.age / .seconds(1)).inThousandths, idle: (report.idleTime / .seconds(1)).inThousandths,
            next: report.next.value, bitrate: rate, viewers: entry.viewers, lag: lag?.inThousandths,
            keptSegments: report.keptSegmentCount, keptBytes: report.keptByteCount)
    }

    /// Types that are no transport stream.
    private static func isForeign(_ type: String) -> Bool {
        type.hasPrefix("text/") || type.hasPrefix("application/json")
            || type.hasPrefix("image/") && !type.hasPrefix("image/svg")
    }

    /// - Returns: Whether the channel is looked into.
    private func addMedia(of report: ChannelReport, to channel: inout ChannelAPIDocument.Channel) async -> Bool {
        let type = report.contentType ?? ""
        guard !Self.isForeign(type), let index = indexes.index(of: report.name)
        else { return false }
        let snapshot = await index.currentSnapshot()
        channel.transportStream = snapshot.isTransportStream
        guard let media = ChannelMedia(snapshot) else { return true }
        channel.gop = media.gop?.inThousandths
        channel.codecs = media.codecs.map(\.description)
        channel.video = media.video.map { video in
            .init(
                codec: video.codec.description, width: video.size?.width, height: video.size?.height,
                frameRate: video.frameRate?.inThousandths)
        }
        channel.audio = media.audio.map { .init(codec: $0.description) }
        if let picture = PictureSource(snapshot, of: index)?.place {
            channel.picture = "\(picture.number)-\(picture.offset)"
        }
        return true
    }

    private static func history(_ history: ChannelHistory) -> ChannelAPIDocument.History {
        .init(
            interval: ChannelActivityLog.interval / .seconds(1), bitrate: history.samples.map(\.bitrate),
            viewers: history.samples.map(\.viewers))
    }
}

extension Double {
    /// With three decimal places.
    fileprivate var inThousandths: Double { (self * 1000).rounded() / 1000 }
}
