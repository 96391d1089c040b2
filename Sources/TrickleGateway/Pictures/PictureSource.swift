import MPEGTS
import MediaIndex
import TrickleCore
import TrickleRelay

/// Where a channel's newest picture that stands for itself is, and its bytes.
struct PictureSource: Hashable, Sendable {
    /// More is no picture: 16 MiB.
    static let maximumByteCount = 16 << 20

    /// Tells incarnations of a channel apart.
    let channelID: ChannelID
    let channel: ChannelName
    let place: AccessPlace
    let video: ElementaryStream
    /// Bytes of the segment that are there.
    let end: Int

    static func == (left: PictureSource, right: PictureSource) -> Bool {
        left.channelID == right.channelID && left.place == right.place
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(channelID)
        hasher.combine(place)
    }

    /// The newest picture of which enough has come; nil where there is none.
    ///
    /// - Parameter snapshot: of the channel's index.
    init?(_ snapshot: ChannelIndex.Snapshot, of index: ChannelIndex) {
        for segment in snapshot.segments.reversed() {
            let contents = segment.contents
            guard let stream = contents.mainStream, stream.codec.kind == .video else { continue }
            guard contents.isTransportStream, !contents.isScrambled else { continue }
            // The picture is whole when another has begun behind it.
            let last = segment.state == .open ? contents.lastUnit?.offset ?? 0 : contents.byteCount
            guard
                let point = contents.randomAccessPoints.last(where: { point in
                    // Behind a recovery point a picture may be whole only many pictures later (intra refresh).
                    point.offset < last && (point.randomAccessPoint != .recoveryPoint || segment.state == .complete)
                })
            else { continue }
            channel = index.channel
            channelID = index.id
            place = AccessPlace(segment, point)
            video = stream
            end = contents.byteCount
            return
        }
        return nil
    }

    /// The tables and the picture, with no more behind it than a decoder needs.
    ///
    /// - Parameter isRest: whether the whole rest of the segment is wanted instead.
    /// - Throws: ``TrickleError`` when the segment is no longer kept.
    func bytes(from relay: RelayServer, isRest: Bool = false) async throws -> [UInt8] {
        var segments = relay.subscriber(to: channel, from: .exact(place.number)).makeAsyncIterator()
        guard let segment = try await segments.next(), segment.sequence == place.number else {
            throw TrickleError(.channelNotFound, "segment \(place.number) of '\(channel)' is no longer there")
        }
        var bytes = place.tables
        var scan = SegmentScan()
        scan.receive(bytes.span.bytes)
        var offset = 0
        for try await piece in segment.body {
            defer { offset += piece.readableBytes }
            let part = Array(piece.readableBytesView.dropFirst(max(place.offset - offset, 0)))
            bytes += part
            scan.receive(part.span.bytes)
            // Two units, because a picture can be two fields; a third has begun when the second is whole.
            let isEnough = !isRest && scan.contents.unitCount > 2 || bytes.count > Self.maximumByteCount
            if isEnough || offset + piece.readableBytes >= end { break }
        }
        return bytes
    }
}
