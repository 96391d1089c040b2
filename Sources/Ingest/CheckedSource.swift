import MPEGTS

/// A source of which it is known that it begins with packets.
struct CheckedSource: LiveSource {
    private var source: any LiveSource
    /// What came until the first packet was found.
    private var beginning: [UInt8] = []

    /// Reads up to the first packets.
    ///
    /// - Throws: `NotTransportStream`; what the source does.
    init(_ source: any LiveSource) async throws {
        self.source = source
        var look = GOPSegmenter(GOPSegmenter.Configuration())
        while look.packetCount == 0 {
            guard let bytes = try await self.source.next() else {
                try look.finish { _ in }
                break
            }
            beginning += bytes
            try look.receive(bytes.span.bytes, now: .zero) { _ in }
        }
    }

    mutating func next() async throws -> [UInt8]? {
        if !beginning.isEmpty {
            defer { beginning = [] }
            return beginning
        }
        return try await source.next()
    }

    func close() async { await source.close() }
}
