import Foundation
import Testing
import TrickleTesting

/// The relay reads a connection's bytes as a second, simple parser does.
@Suite struct RequestFuzzTests {
    @Test(arguments: 1...8) func madeUpConnectionsAreReadAsTheOracleReadsThem(seed: UInt64) throws {
        var generator = RequestGenerator(seed: seed)
        var cuts = SeededNumbers(seed: seed &* 77)
        var decided = 0
        for _ in 0..<800 {
            let bytes = generator.next()
            if RequestComparison.isDecided(bytes) { decided += 1 }
            if let difference = try RequestComparison.difference(on: bytes, cutBy: &cuts) {
                Issue.record("\(difference)")
                return
            }
        }
        // Otherwise nothing was compared.
        #expect(decided > 300)
    }

    private static let corpus = try? FileManager.default.contentsOfDirectory(
        at: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/Corpus/requests"),
        includingPropertiesForKeys: nil)

    @Test func theCorpusIsReadAsTheOracleReadsIt() throws {
        let files = try #require(Self.corpus)
        #expect(!files.isEmpty)
        for file in files {
            var cuts = SeededNumbers(seed: 1)
            let bytes = try Array(Data(contentsOf: file))
            let difference = try RequestComparison.difference(on: bytes, cutBy: &cuts)
            #expect(difference == nil, "\(file.lastPathComponent)")
        }
    }

    @Test func theOracleKnowsBodiesAndRefusals() throws {
        let good =
            "POST /a/0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /a/1 HTTP/1.1\r\nHost: x\r\n\r\n"
        let trace = try #require(RequestOracle.read(Array(good.utf8)))
        #expect(trace.description == #"POST /a/0 "abc", GET /a/1 """#)
        let bad = "POST /a/0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n"
        #expect(RequestOracle.read(Array(bad.utf8))?.description == #"POST /a/0 "abc" …, refused"#)
    }
}
