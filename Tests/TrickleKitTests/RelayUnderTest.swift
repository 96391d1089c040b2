import Logging
import TrickleKit
import TrickleRelay
import TrickleTesting

extension ClientConfiguration {
    /// One whose time limits end nothing but a hang: the machine may be busy.
    static var unhurried: ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.connectTimeout = TestLimit.wait
        configuration.stallTimeout = TestLimit.wait
        configuration.patience = TestLimit.wait
        return configuration
    }
}

/// A relay on a free loopback port, for as long as `body` runs.
func withRelay<Result>(
    _ configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: (RelayURL) async throws -> Result
) async throws -> Result {
    var configuration = RelayConfiguration()
    configuration.host = "127.0.0.1"
    configuration.port = 0
    configuration.shutdownTimeout = .zero
    configure(&configuration)
    let relay = try RelayServer.start(
        configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    do {
        let result = try await body(try RelayURL(relay.url))
        await relay.shutDown()
        return result
    } catch {
        await relay.shutDown()
        throw error
    }
}

extension SegmentBody {
    /// All bytes to the end of the segment.
    func readAll() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self { bytes += piece }
        return bytes
    }
}

extension Subscriber {
    /// The sequence numbers and bytes of all segments to the end of the channel.
    func readAll() async throws -> [(sequence: SequenceNumber, bytes: [UInt8])] {
        var segments: [(SequenceNumber, [UInt8])] = []
        for try await segment in self { segments.append((segment.sequence, try await segment.body.readAll())) }
        return segments
    }
}

/// Bytes that differ from place to place, so that a byte lost, doubled or moved shows.
func patternedBytes(_ count: Int, seed: Int = 1) -> [UInt8] {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    let words = (0..<(count + 7) / 8).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

extension RelayURL {
    /// The port of a relay under test.
    var port: Int { Int(description.split(separator: ":").last!)! }
}
