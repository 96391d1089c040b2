import MPEGTS
import NIOCore
import TrickleRelay

/// Where the bytes of a transport stream come from that a client sends.
protocol LiveSource {
    /// - Returns: nil at the proper end.
    /// - Throws: `RequestBodyStream.Broken` where the client has gone before; what the body was ended with.
    mutating func next() async throws -> [UInt8]?

    /// Lets go of it.
    func close() async
}

/// A body that is the stream itself.
struct BodySource: LiveSource {
    private var iterator: RequestBodyStream.AsyncIterator

    init(_ body: RequestBodyStream) { iterator = body.makeAsyncIterator() }

    mutating func next() async throws -> [UInt8]? {
        try await iterator.next().map { Array($0.readableBytesView) }
    }

    func close() async {}
}

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
