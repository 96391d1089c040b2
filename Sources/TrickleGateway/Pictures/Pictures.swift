import TrickleCore
import TrickleRelay

/// Pictures of channels, each decoded once however many ask.
actor Pictures {
    /// What is kept of pictures that were decoded; the oldest go first.
    static let maximumByteCount = 16 << 20

    struct Picture: Sendable {
        let bytes: [UInt8]
        /// The same for the same picture in the same form.
        let tag: String
    }

    private struct Key: Hashable {
        let source: PictureSource
        let request: PictureRequest
    }

    private let relay: RelayServer
    private let decoder: PictureDecoder
    /// Tells the relay's runs apart: numbers begin anew with each.
    private let run = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    private var kept: [(key: Key, picture: Picture)] = []
    private var keptByteCount = 0
    private var flights: [Key: Task<Picture, any Error>] = [:]
    /// How many decoders were started.
    private(set) var decodingCount = 0

    /// - Parameters:
    ///   - configuration: for how long each may wait, and decode.
    ///   - children: starts the decoders, as many at once as may be.
    init(of relay: RelayServer, _ configuration: GatewayConfiguration, children: GatewayChildren) {
        self.relay = relay
        decoder = PictureDecoder(
            children: children, timeout: configuration.pictureTimeout, patience: configuration.picturePatience)
    }

    /// The tag that the picture has or is going to have.
    nonisolated func tag(of source: PictureSource, as request: PictureRequest) -> String {
        let width = request.width.map { "-\($0)" } ?? ""
        return
            "\"\(run)-\(source.channelID.value)-\(source.place.number)-\(source.place.offset)-\(request.format.rawValue)\(width)\""
    }

    /// - Throws: ``ChildRefusal``; what the decoder throws.
    func picture(_ source: PictureSource, as request: PictureRequest) async throws -> Picture {
        let key = Key(source: source, request: request)
        if let known = kept.first(where: { $0.key == key }) { return known.picture }
        if let flight = flights[key] { return try await flight.value }
        // Unstructured: who asked first may leave, and the others still want it.
        let flight = Task { try await decode(key) }
        flights[key] = flight
        defer { flights[key] = nil }
        let picture = try await flight.value
        keep(picture, for: key)
        return picture
    }

    private func decode(_ key: Key) async throws -> Picture {
        let (relay, source) = (relay, key.source)
        let bytes: [UInt8]
        do {
            bytes = try await decoder.decode(source.video, as: key.request) {
                await self.countDecoding()
                return try await source.bytes(from: relay)
            }
        } catch is PictureDecoder.Failure {
            bytes = try await decoder.decode(source.video, as: key.request) {
                try await source.bytes(from: relay, isRest: true)
            }
        }
        return Picture(bytes: bytes, tag: tag(of: key.source, as: key.request))
    }

    private func countDecoding() { decodingCount += 1 }

    private func keep(_ picture: Picture, for key: Key) {
        kept.append((key, picture))
        keptByteCount += picture.bytes.count
        // Nobody asks for an older picture of the channel in this form.
        forget { $0.source.channel == key.source.channel && $0.request == key.request && $0 != key }
        while keptByteCount > Self.maximumByteCount, kept.count > 1 { forget(at: 0) }
    }

    private func forget(where isOld: (Key) -> Bool) {
        for index in kept.indices.reversed() where isOld(kept[index].key) { forget(at: index) }
    }

    private func forget(at index: Int) {
        keptByteCount -= kept.remove(at: index).picture.bytes.count
    }
}
