import MPEGTS

/// What libFuzzer calls for each input: the first byte chooses the configuration and the pieces, the rest is the
/// stream.
///
/// Nothing may trap; the segments must not depend on the pieces; they must be whole packets; and each packet has its time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSegmenter(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    var configuration = GOPSegmenter.Configuration()
    configuration.startsAtFirstRandomAccessPoint = choice & 1 == 0
    configuration.program = choice & 2 == 0 ? .firstWithVideo : .all
    if choice & 4 != 0 { configuration.maximumByteCount = 1 }
    if choice & 8 != 0 { configuration.maximumDuration = .milliseconds(100) }
    let stream = Array(input.dropFirst())
    let whole = digest(stream, configuration, pieceSize: stream.count)
    let pieces = digest(stream, configuration, pieceSize: 1 + Int(choice >> 4) * 67)
    precondition(whole == pieces, "the segments depend on the pieces")
    pace(stream)
    var analyzer = StreamAnalyzer(configuration)
    if (try? analyzer.receive(stream.span.bytes)) != nil { _ = try? analyzer.finish().description }
    return 0
}

/// When packets are due: all of them, each once, and never earlier than those before.
private func pace(_ stream: [UInt8]) {
    _ = TransportPacket.areFound(in: stream)
    let packets = Array(stream.prefix(stream.count / TransportPacket.size * TransportPacket.size))
    var pacer = PacketPacer()
    var end = 0
    var due = Duration.zero
    for run in pacer.runs(of: packets.span.bytes) {
        precondition(run.range.lowerBound == end && run.due >= due, "packets are left out, or go back in time")
        (end, due) = (run.range.upperBound, run.due)
    }
    precondition(end == packets.count, "packets are left out")
}

/// What a segmenter makes of a stream, in a few bytes.
private func digest(_ stream: [UInt8], _ configuration: GOPSegmenter.Configuration, pieceSize: Int) -> [UInt64] {
    var segmenter = GOPSegmenter(configuration)
    var sums: [UInt64] = []
    var notices: [UInt64] = []
    func record(_ event: borrowing SegmenterEvent) {
        switch event {
        case .segmentStarted: sums.append(0xCBF2_9CE4_8422_2325)
        case .bytes(let bytes):
            precondition(bytes.byteCount % TransportPacket.size == 0, "a part of a packet")
            bytes.withUnsafeBytes {
                for byte in $0 { sums[sums.count - 1] = (sums[sums.count - 1] ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
        case .segmentEnded(let end): sums.append(UInt64(end.byteCount))
        case .notice(let oddity): notices.append(UInt64(oddity.rawValue))
        }
    }
    do {
        var offset = 0
        while offset < stream.count {
            let end = min(offset + pieceSize, stream.count)
            try segmenter.receive(stream.span.bytes.extracting(offset..<end)) { record($0) }
            offset = end
        }
        try segmenter.finish { record($0) }
    } catch {
        notices.append(.max)
    }
    return sums + notices
}
