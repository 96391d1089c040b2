import Foundation
import MPEGTS
import Testing
import TrickleTesting

/// Streams that nobody would write: what comes out must be what went in, and nothing may trap.
@Suite("Any input")
struct FuzzTests {
    /// Ten inputs each; the environment variable asks for more.
    static let blocks = 0..<(ProcessInfo.processInfo.environment["TRICKLE_FUZZ_BLOCKS"].flatMap { UInt64($0) } ?? 12)

    /// Splitmix64: the same stream for the same seed, on any machine.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private func picture(_ random: inout Generator) -> [UInt8] {
        let isFirst = Int.random(in: 0..<5, using: &random) == 0
        let size = Int.random(in: 0..<900, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return TestPicture.hevc(UInt8.random(in: 0..<64, using: &random), size: size)
        case 1: return TestPicture.mpeg2(codingType: isFirst ? 1 : 2, hasSequenceHeader: isFirst, size: size)
        case 2: return TestPicture.h264Field(frameNumber: size % 16, isBottom: isFirst, isAnnounced: size % 3 == 0)
        case 3: return (0..<size).map { _ in UInt8.random(in: 0...3, using: &random) }
        case 4: return (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        case 5: return TestPicture.h264(.recoveryPoint, size: size, extraMessage: [5, 3, 1, 0, 0])
        case 6: return TestPicture.h264(isFirst ? .idr : .ordinary, size: size, hasParameterSets: false)
        default: return TestPicture.h264(isFirst ? .idr : .ordinary, size: size, sliceCount: 2)
        }
    }

    private func stream(_ random: inout Generator) -> TSBuilder {
        var stream = TSBuilder()
        let types: [UInt8] = [0x1B, 0x24, 0x02, 0x10, 0x33, 0x0F, 0x06, 0xEA]
        let type = Int.random(in: 0..<4, using: &random) == 0 ? types.randomElement(using: &random) ?? 0 : 0x1B
        for index in 0..<Int.random(in: 5..<60, using: &random) {
            let pts = Int64(index) * 3600 + (Int.random(in: 0..<30, using: &random) == 0 ? 1 << 32 : 0)
            switch Int.random(in: 0..<24, using: &random) {
            case 0...1: stream.pat()
            case 2...4:
                stream.pat()
                stream.pmt([.init(type, 0x100), .init(0x0F, 0x101)], padding: pts % 7 == 0 ? 400 : 0)
            case 5: stream.pmt([.init(type, 0x100)], version: UInt8.random(in: 0..<32, using: &random))
            case 6: stream.null()
            case 7:
                stream.lose(
                    UInt8.random(in: 0..<16, using: &random),
                    of: [0x100, .pat, 0x1000].randomElement(using: &random) ?? .pat)
            case 8: stream.payload(picture(&random), pid: 0x100, marks: .init(scrambling: 1))
            case 9: stream.payload(picture(&random), pid: PID(UInt16.random(in: 0..<8192, using: &random)))
            case 10:
                stream.pat([
                    (1, 0x1000),
                    (UInt16.random(in: 0..<9, using: &random), PID(UInt16.random(in: 0..<8192, using: &random))),
                ])
            case 11: stream.pes(TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: pts)
            default:
                stream.pes(
                    picture(&random), pts: pts, marks: .init(pcr: pts * 300),
                    firstSize: Int.random(in: 1...184, using: &random))
            }
        }
        return stream
    }

    private func configuration(_ random: inout Generator) -> GOPSegmenter.Configuration {
        var configuration = GOPSegmenter.Configuration()
        configuration.startsAtFirstRandomAccessPoint = Bool.random(using: &random)
        configuration.maximumByteCount = [1, 70_000, 1 << 20].randomElement(using: &random) ?? 1
        configuration.maximumDuration =
            [nil, .milliseconds(40), .milliseconds(200), .seconds(2)].randomElement(using: &random) ?? nil
        configuration.minimumDuration = [.zero, .milliseconds(300)].randomElement(using: &random) ?? .zero
        configuration.targetDuration = [.zero, .milliseconds(300)].randomElement(using: &random) ?? .zero
        configuration.program = [.firstWithVideo, .all, .number(1), .number(4)].randomElement(using: &random) ?? .all
        return configuration
    }

    /// PIDs that the segmenter may add packets to: those of tables, and the video's.
    private func renumbered(_ stream: TSBuilder) -> Set<PID> {
        var pids: Set<PID> = [.pat, 0x100]
        for packet in stream.packets
        where packet[1] & 0xDF == 0x40 && packet[2] == 0 && packet[4] == 0 && packet[5] == 0 {
            for entry in stride(from: 13, to: 21, by: 4) {
                pids.insert(PID(UInt16(packet[entry + 2]) << 8 | UInt16(packet[entry + 3])))
            }
        }
        return pids
    }

    @Test("Strange streams of whole packets: the same in any pieces, and all packets come out", arguments: blocks)
    func strangeStreams(block: UInt64) throws {
        var random = Generator(state: block)
        for _ in 0..<10 {
            let stream = stream(&random)
            let configuration = configuration(&random)
            let recording = try TSRecording(stream.bytes, configuration)
            let sizes = (0..<9).map { _ in Int.random(in: 1...700, using: &random) }
            let other = try TSRecording(stream.bytes, configuration, pieceSizes: sizes)
            #expect(other.difference(from: recording) == nil, "block \(block)")
            #expect(recording.segments.allSatisfy { $0.end?.byteCount == $0.bytes.count })
            let comparison = TSComparison(
                output: recording.bytes, input: stream.bytes, renumbered: renumbered(stream))
            #expect(comparison.difference == nil, "block \(block)")
            let isWhole = recording.reasons.first == .streamStart
            #expect(!isWhole || comparison.skippedCount == 0, "block \(block)")
            #expect(!recording.segments.isEmpty)
        }
    }

    @Test(
        "Streams with bytes flipped, cut out and put in do not trap, and are the same in any pieces", arguments: blocks)
    func damagedStreams(block: UInt64) throws {
        var random = Generator(state: block &+ 1_000_000)
        for _ in 0..<10 {
            var bytes = stream(&random).bytes
            for _ in 0..<Int.random(in: 0..<30, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: bytes.removeSubrange(place..<min(place + Int.random(in: 0..<300, using: &random), bytes.count))
                case 1:
                    bytes.insert(
                        contentsOf: repeatElement(0x47, count: Int.random(in: 0..<300, using: &random)), at: place)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let configuration = configuration(&random)
            let whole = Result { try TSRecording(bytes, configuration) }
            let sizes = (0..<9).map { _ in Int.random(in: 1...700, using: &random) }
            let pieces = Result { try TSRecording(bytes, configuration, pieceSizes: sizes) }
            switch (whole, pieces) {
            case (.success(let left), .success(let right)):
                #expect(right.difference(from: left) == nil, "block \(block)")
                #expect(left.bytes.count % 188 == 0)
            case (.failure(let left), .failure(let right)): #expect("\(left)" == "\(right)", "block \(block)")
            default: Issue.record("refused in one way only, block \(block)")
            }
            var analyzer = StreamAnalyzer(configuration)
            if (try? analyzer.receive(bytes.span.bytes)) != nil { _ = try? analyzer.finish().description }
        }
    }
}
