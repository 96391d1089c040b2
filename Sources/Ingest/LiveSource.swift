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
