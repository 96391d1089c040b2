import MPEGTS
import NIOCore
import TrickleRelay

/// The bytes of a body, once it is known that they are a transport stream.
struct BodySource {
    private var iterator: RequestBodyStream.AsyncIterator
    /// What came until the first packet was found.
    private var beginning: [UInt8] = []

    init(_ body: RequestBodyStream) { iterator = body.makeAsyncIterator() }

    /// Reads up to the first packets.
    ///
    /// - Throws: `NotTransportStream`; `RequestBodyStream.Broken`.
    mutating func findPackets() async throws {
        var look = GOPSegmenter(GOPSegmenter.Configuration())
        while look.packetCount == 0 {
            guard let bytes = try await iterator.next().map({ Array($0.readableBytesView) }) else {
                return try look.finish { _ in }
            }
            beginning += bytes
            try look.receive(bytes.span.bytes, now: .zero) { _ in }
        }
    }

    /// - Returns: nil at the body's proper end.
    mutating func next() async throws -> [UInt8]? {
        if !beginning.isEmpty {
            defer { beginning = [] }
            return beginning
        }
        return try await iterator.next().map { Array($0.readableBytesView) }
    }
}
