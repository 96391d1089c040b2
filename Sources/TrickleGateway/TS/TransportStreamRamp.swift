import MPEGTS
import MediaIndex
import NIOCore
import TrickleCore
import TrickleRelay

/// Channels as endless transport streams: `/NAME.ts` and `/NAME/live.ts`.
///
/// A viewer begins at the last random access point, behind the tables, and gets the relay's own pieces from there on, segment after
/// segment. One that cannot follow goes on at the beginning of the newest whole segment, with the jump marked as ISO 13818-1 has it.
struct TransportStreamRamp: Ramp {
    let indexes: Indexes
    let viewers: ViewerCount
    let statusWhenFull: Int

    var routes: [RampRoute] { ["/{channel}.ts", "/{channel}/live.ts"].map { .channel($0, answer: answer) } }

    private func answer(_ name: ChannelName, _ request: RampRequest) async -> RampResponse {
        let index: ChannelIndex
        switch indexes.find(name) {
        case .index(let found, _): index = found
        case .noChannel: return .problem(404, "there is no channel '\(name)'")
        case .noRoom: return .tooManyChannels
        }
        if request.isHead { return RampResponse(fields: Self.fields, .bytes(ByteBuffer())) }
        guard let viewer = viewers.admit() else { return .full(statusWhenFull) }
        do {
            guard let place = try await index.firstPlace() else {
                return .problem(
                    404, "'\(name)' is no transport stream: read it as segments, at \(name.percentEncoded)/-1")
            }
            let stream = ChannelStream(
                channel: name, number: place.number, offset: place.offset, preamble: ByteBuffer(bytes: place.tables),
                unit: TransportPacket.size, viewer: viewer, resume: resume(name, viewer))
            return RampResponse(fields: Self.fields, .stream(stream))
        } catch {
            return .unavailable(error)
        }
    }

    private static let fields = [
        (name: "Content-Type", value: "video/mp2t"), (name: "Cache-Control", value: "no-store"),
        (name: "Accept-Ranges", value: "none"),
    ]

    private func resume(
        _ name: ChannelName, _ viewer: ViewerCount.Viewer
    ) -> @Sendable (ChannelStream.Gap) async -> ChannelStream? {
        { [indexes] gap in
            guard let index = indexes.index(of: name), let segment = try? await index.segment(behind: gap) else {
                return nil
            }
            return ChannelStream(
                channel: name, number: segment.number,
                preamble: ByteBuffer(bytes: segment.contents.discontinuityPackets),
                unit: TransportPacket.size, viewer: viewer, resume: resume(name, viewer))
        }
    }
}

extension ChannelIndex {
    /// Where a viewer begins, once there is such a place.
    ///
    /// - Returns: nil where the channel is no transport stream, or has ended without such a place.
    fileprivate func firstPlace() async throws -> AccessPlace? {
        if let place = try await lastPlaceToBegin() { return place }
        try await wait(for: .firstPacket)
        guard try await snapshot().segments.last(where: { $0.contents.byteCount > 0 })?.contents.alignment == .aligned
        else { return nil }
        try await wait(for: .placeToBegin(from: .zero))
        return try await lastPlaceToBegin()
    }

    /// Where a viewer goes on behind a gap: at the beginning of a segment of which it is known what comes first of each PID.
    fileprivate func segment(behind gap: ChannelStream.Gap) async throws -> IndexedSegment? {
        switch gap {
        case .fellBehind:
            // There is none for a moment where the numbers begin anew.
            try await wait(for: .placeToBegin(from: .zero))
            let segments = try await snapshot().segments
            return segments.last { $0.isPlaceToBegin && $0.state == .complete }
                ?? segments.last(where: \.isPlaceToBegin)
        case .lost(let number):
            try await wait(for: .placeToBegin(from: number))
            guard let segment = firstPlaceToBegin(from: number) else { return nil }
            if segment.contents.hasSeenAllStreams { return segment }
            try await wait(for: .parts(segment.number, count: 2))
            return firstPlaceToBegin(from: segment.number)
        }
    }
}
