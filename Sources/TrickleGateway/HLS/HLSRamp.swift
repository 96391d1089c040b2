import MPEGTS
import MediaIndex
import NIOConcurrencyHelpers
import NIOCore
import TrickleCore
import TrickleRelay

/// HTTP Live Streaming, and its low-latency kind: `/NAME/index.m3u8` and the segments as `/NAME/12.ts`.
struct HLSRamp: Ramp {
    /// How long a player waits for a channel's first segment.
    static let startTime = Duration.seconds(10)
    static let mediaPlaylistName = "index.m3u8"
    static let playlistType = "application/vnd.apple.mpegurl"
    static let segmentType = "video/mp2t"

    private let relay: RelayServer
    private let indexes: Indexes

    init(_ relay: RelayServer, indexes: Indexes) {
        self.relay = relay
        self.indexes = indexes
    }

    var routes: [RampRoute] {
        [
            .channel("/{channel}/index.m3u8") { channel, request in await playlist(of: channel, request) },
            .channel("/{channel}/master.m3u8") { channel, request in await multivariantPlaylist(of: channel, request) },
            .channel("/{channel}/{number}.ts") { channel, request in
                segment(request.number!, of: channel, request)
            },
        ]
    }

    // MARK: - Segments

    private func segment(
        _ number: SequenceNumber, of channel: ChannelName, _ request: RampRequest
    ) -> RampResponse {
        // What the number stands for in the playlist that names it; nil where somebody asks for it by hand.
        let generation = request.query["v"]
        guard let window = relay.window(of: channel) else { return Self.noChannel(channel) }
        let segment = relay.segment(number, of: channel)
        let isSame = generation.map { $0 == relay.generation(of: window) } ?? true
        guard isSame, segment != nil || number == window.next && !window.isClosed else {
            return .problem(404, "the segment \(number) of '\(channel)' is not here: fetch the playlist anew")
        }
        // Without its generation, the same name is used again when the channel begins anew.
        let isKept = generation != nil && segment?.state == .complete
        let keepers = request.grant.isForAnybody ? "public" : "private"
        let caching = isKept ? "\(keepers), max-age=3600, immutable" : "no-store"
        return RampResponse(
            fields: [(name: "Content-Type", value: Self.segmentType), (name: "Cache-Control", value: caching)],
            .segment(channel, number))
    }

    // MARK: - Playlists

    /// The channel as the only variant: what it takes to play it.
    private func multivariantPlaylist(of channel: ChannelName, _ request: RampRequest) async -> RampResponse {
        await withIndex(of: channel) { index, window in
            guard let playlist = try await playlist(of: index, window),
                let variant = MultivariantPlaylist(playlist.playlist, uri: Self.mediaPlaylistName)
            else { return await missing(index) }
            return Self.response(ByteBuffer(string: variant.text), request)
        }
    }

    private func withIndex(
        of channel: ChannelName, _ answer: (ChannelIndex, ChannelWindow) async throws -> RampResponse
    ) async -> RampResponse {
        let found: (ChannelIndex, ChannelWindow)
        switch indexes.find(channel) {
        case .index(let index, let window): found = (index, window)
        case .noChannel: return Self.noChannel(channel)
        case .noRoom: return .tooManyChannels
        }
        do {
            return try await answer(found.0, found.1)
        } catch {
            return .unavailable(error)
        }
    }

    private func playlist(of channel: ChannelName, _ request: RampRequest) async -> RampResponse {
        let query: PlaylistQuery
        do throws(PlaylistQuery.Malformed) {
            query = try PlaylistQuery(request.query)
        } catch {
            return .problem(400, error.reason)
        }
        return await withIndex(of: channel) { index, window in
            guard let first = try await playlist(of: index, window) else { return await missing(index) }
            guard let position = query.position else { return Self.response(first, query, request) }
            if let problem = Self.problem(with: position, in: first.playlist) { return problem }
            let limit = Duration.seconds(LivePlaylist.leastTargetDurations * first.playlist.targetDuration)
            guard try await wait(for: position, in: index, atMost: limit) else {
                return .problem(503, "the part that was asked for does not come", fields: Self.retry)
            }
            return Self.response(try await playlist(of: index) ?? first, query, request)
        }
    }

    private static let retry = [(name: "Retry-After", value: "1")]

    /// The playlist as it is; waits for a channel's first segment.
    private func playlist(of index: ChannelIndex, _ window: ChannelWindow? = nil) async throws -> WrittenPlaylist? {
        let snapshot = try await index.snapshot(window)
        if let playlist = index.playlist.update(snapshot) { return playlist }
        if Self.isOtherMedia(snapshot) { return nil }
        _ = try await index.wait(for: .playableSegment, atMost: Self.startTime)
        return index.playlist.update(try await index.snapshot())
    }

    private func missing(_ index: ChannelIndex) async -> RampResponse {
        if let snapshot = try? await index.snapshot(), Self.isOtherMedia(snapshot) {
            return .problem(404, "the channel '\(index.channel)' is no MPEG-TS: HLS needs that")
        }
        return .problem(503, "the channel '\(index.channel)' has no segment yet: ask again", fields: Self.retry)
    }

    /// Whether the channel's newest bytes are no packets of 188 bytes.
    private static func isOtherMedia(_ snapshot: ChannelIndex.Snapshot) -> Bool {
        guard snapshot.segments.counts.known > 0 else { return false }
        guard case .broken = snapshot.segments.last(where: { $0.contents.alignment != .unknown })?.contents.alignment
        else {
            return false
        }
        return true
    }

    private static func noChannel(_ channel: ChannelName) -> RampResponse {
        .problem(404, "there is no channel '\(channel)': is its publisher running?")
    }

    private static func response(
        _ playlist: WrittenPlaylist, _ query: PlaylistQuery, _ request: RampRequest
    ) -> RampResponse {
        response(query.skips ? playlist.delta : playlist.whole, request)
    }

    /// Players take no token on to the next URL by themselves.
    private static func response(_ playlist: ByteBuffer, _ request: RampRequest) -> RampResponse {
        guard case .token(let token) = request.client.credentials else {
            return RampResponse(fields: playlistFields, .bytes(playlist))
        }
        let named = PlaylistText.adding("token=\(PercentEncoding.encode(token.utf8))", to: playlist.readableBytesView)
        return RampResponse(fields: playlistFields, .bytes(ByteBuffer(bytes: named)))
    }

    private static let playlistFields = [
        (name: "Content-Type", value: playlistType), (name: "Cache-Control", value: "no-cache"),
    ]

    // MARK: - Blocking reload

    /// 8216bis, section 6.2.5.2: what lies too far ahead is a mistake.
    private static func problem(with position: PlaylistQuery.Position, in playlist: MediaPlaylist) -> RampResponse? {
        let last = playlist.lastNumber
        guard position.number.value <= last.value + ChannelIndex.maximumAdvance else {
            return .problem(400, "_HLS_msn is \(position.number), and the last segment is \(last)")
        }
        guard let part = position.part, let target = playlist.partTarget, position.number == last else { return nil }
        // Three seconds ahead, or three parts.
        let advance = max(3, Int((.seconds(3) + target - 1).count / target.count))
        let count = playlist.open?.parts.count ?? 0
        guard playlist.open == nil || part < count + advance else {
            return .problem(400, "_HLS_part is \(part), and segment \(last) has \(count) parts so far")
        }
        return nil
    }

    /// - Returns: whether it came in time; true at once where the channel is closed.
    private func wait(
        for position: PlaylistQuery.Position, in index: ChannelIndex, atMost limit: Duration
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        guard let part = position.part else {
            return try await index.wait(for: .ended(position.number), atMost: limit)
        }
        guard try await index.wait(for: .parts(position.number, count: part + 1), atMost: limit) else { return false }
        // A part behind a segment's last is the first of the next segment.
        let segment = try await index.snapshot().segments.segment(position.number)
        guard let segment, segment.parts.count <= part, let next = position.number.next else { return true }
        return try await index.wait(for: .parts(next, count: 1), atMost: deadline - .now)
    }
}
