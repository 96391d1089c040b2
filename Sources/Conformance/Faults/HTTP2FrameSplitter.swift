/// Cuts bytes into frames.
struct HTTP2FrameSplitter {
    private var rest: [UInt8] = []
    private static let headByteCount = 9

    mutating func feed(_ bytes: some Sequence<UInt8>) -> [HTTP2RawFrame] {
        rest += bytes
        var frames: [HTTP2RawFrame] = []
        var start = 0
        while rest.count - start >= Self.headByteCount {
            let head = rest[start..<start + Self.headByteCount].map(UInt32.init)
            let end = start + Self.headByteCount + Int(head[0] << 16 | head[1] << 8 | head[2])
            guard rest.count >= end else { break }
            frames.append(
                HTTP2RawFrame(
                    type: UInt8(head[3]), flags: UInt8(head[4]),
                    stream: (head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8]) & 0x7FFF_FFFF,
                    payload: Array(rest[start + Self.headByteCount..<end])))
            start = end
        }
        rest.removeFirst(start)
        return frames
    }
}
