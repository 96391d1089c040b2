import ChildProcesses
import Testing

@Suite struct LineSplitterTests {
    @Test(arguments: [1, 2, 3, 100])
    func `lines come out whole however the bytes are cut`(pieceCount: Int) {
        let bytes = Array("one\ntwo\r\n\nthree\rfour".utf8)
        var splitter = LineSplitter()
        var lines: [String] = []
        for start in stride(from: 0, to: bytes.count, by: pieceCount) {
            lines += splitter.receive(bytes[start..<min(start + pieceCount, bytes.count)])
        }
        #expect(lines == ["one", "two", "three"])
        #expect(splitter.finish() == "four")
        #expect(splitter.finish() == nil)
    }

    @Test func `a line without end is cut at the maximum`() {
        var splitter = LineSplitter()
        let lines = splitter.receive(repeatElement(UInt8(ascii: "x"), count: LineSplitter.maximumLineBytes + 1))
        #expect(lines.map(\.utf8.count) == [LineSplitter.maximumLineBytes])
        #expect(splitter.finish() == "x")
    }
}
