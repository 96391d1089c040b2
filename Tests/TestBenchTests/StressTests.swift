import Testing
import TrickleKit

@testable import TestBench

@Suite struct StressTests {
    private func digest(_ text: String, pieces: Int = 1) -> String {
        let digest = SegmentDigest()
        var rest = Array(text.utf8)[...]
        let size = max(1, rest.count / pieces)
        while !rest.isEmpty {
            digest.add(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return digest.finish()
    }

    /// The examples of FIPS 180-4's validation, one and two blocks, and a million bytes in one piece and in many.
    @Test func `digests are those of the standard`() {
        #expect(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(digest(twoBlocks) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = String(repeating: "a", count: 1_000_000)
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(digest(million) == expected)
        #expect(digest(million, pieces: 777) == expected)
    }

    @Test func `whatever differs, comes twice or was never sent is counted`() throws {
        let ledger = StressLedger()
        let segments = try (0..<4).map {
            StressLedger.Segment(channel: try ChannelName("a"), sequence: try #require(SequenceNumber($0)))
        }
        ledger.published(segments[0], digest: "0", byteCount: 1)
        ledger.delivered(segments[0], digest: "0", byteCount: 1, isInOrder: true)
        #expect(ledger.counts.wrong == 0)
        ledger.delivered(segments[0], digest: "x", byteCount: 1, isInOrder: false)
        #expect(ledger.counts.wrong == 1)
        #expect(ledger.counts.repeated == 1)
        // Before its publisher has told what it is.
        ledger.delivered(segments[1], digest: "1", byteCount: 1, isInOrder: true)
        ledger.delivered(segments[1], digest: "x", byteCount: 1, isInOrder: true)
        ledger.published(segments[1], digest: "1", byteCount: 1)
        #expect(ledger.counts.wrong == 2)
        ledger.delivered(segments[3], digest: "3", byteCount: 1, isInOrder: true)
        #expect(ledger.counts.wrong == 3)
    }
}
