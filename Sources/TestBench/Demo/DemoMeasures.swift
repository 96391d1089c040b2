/// What the demo has seen so far.
struct DemoMeasures: Sendable {
    var ledger = DelayLedger()
    /// The same bytes through `cat`.
    var plainLedger = DelayLedger()
    /// Frames that the source has encoded, as ffmpeg counts them.
    var framesIn = 0
    /// Frames that the decoder behind the subscriber has put out.
    var framesOut = 0
    /// Segments that the subscriber has begun.
    var segments = 0
    /// From starting the subscriber that joins in the middle to its first byte, and to its first decoded frame.
    var timeToFirstByte: Duration?
    var timeToFirstFrame: Duration?
    var sourceDigest: String?
    var sinkDigest: String?

    /// Reads a line of ffmpeg's `-progress`.
    ///
    /// - Returns: Whether it was one.
    mutating func read(sourceLine line: String) -> Bool {
        let parts = line.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, !parts[0].contains(" "), !parts[0].contains("[") else { return false }
        if parts[0] == "frame", let count = Int(parts[1].drop { $0 == " " }) { framesIn = count }
        return true
    }

    /// Reads a line of the subscriber's progress, or its summary.
    ///
    /// - Returns: Whether it was one.
    mutating func read(readerLine line: String) -> Bool {
        let words = line.split(separator: " ")
        if words.first == "segment", words.count > 1, let number = Int(words[1].filter(\.isNumber)) {
            segments = max(segments, number + 1)
            return true
        }
        if words.count > 3, words[1] == "read", words[3].hasPrefix("segment"), let count = Int(words[2]) {
            segments = count
            return true
        }
        return false
    }

    /// What did not come through; empty if all did.
    var faults: [String] {
        var faults: [String] = []
        if framesIn == 0 { faults.append("the source made no frames") }
        if framesOut != framesIn { faults.append("\(framesIn) frames went in, and \(framesOut) came out") }
        if ledger.byteCountOut != ledger.byteCountIn {
            faults.append("\(ledger.byteCountIn) bytes went in, and \(ledger.byteCountOut) came out")
        }
        if sourceDigest == nil || sourceDigest != sinkDigest { faults.append("the SHA-256 of both sides differ") }
        return faults
    }
}
