/// Finds the packets in a run of bytes: 188 bytes each, alone, after a 4-byte prefix (192) or before a 16-byte suffix
/// (204).
///
/// Locks after five sync bytes at the same distance; a wrong sync byte ends the lock. What lies between is dropped and
/// counted. Holds back at most one packet when locked, and ``maximumSearchSize`` bytes when not.
struct PacketReader {
    /// How many sync bytes in a row make a lock.
    static let lockCount = 5
    static let strides = [188, 192, 204]
    /// Bytes that the search for a lock looks at together; five packets of 204 bytes fit.
    static let maximumSearchSize = 4096
    /// Packets that are handed out together.
    static let maximumRunCount = 512

    enum Step {
        /// These bytes of the input are whole packets of 188 bytes.
        case input(Range<Int>)
        /// ``store`` holds whole packets of 188 bytes.
        case store
        /// The input is used up.
        case needsInput
    }

    private enum State {
        case searching
        case locked(stride: Int)
    }

    private var state = State.searching
    /// The beginning of a packet when locked; what is being searched when not.
    private var carry: [UInt8] = []
    /// Bytes of prefix or suffix that come before the next packet.
    private var gap = 0
    /// Whole packets, without prefix and suffix.
    private var store: [UInt8] = []

    /// Whether there has been a lock at all.
    private(set) var hasLocked = false
    private var news = News()

    /// What was dropped.
    struct News {
        /// Times that a lock was lost.
        var lossCount = 0
        /// Bytes that are not packets.
        var droppedByteCount = 0
        /// Bytes at the end of the stream that are not a whole packet.
        var truncatedByteCount = 0
    }

    /// Whether something has been dropped since ``takeNews()``.
    var hasNews: Bool { hasLocked && news.lossCount | news.droppedByteCount | news.truncatedByteCount != 0 }

    /// What was dropped since the last call.
    mutating func takeNews() -> News {
        defer { news = News() }
        return news
    }

    /// The packets in ``store``, out of the reader's hands; give them back with ``returnStore(_:)``.
    mutating func takeStore() -> [UInt8] {
        defer { store = [] }
        return store
    }

    mutating func returnStore(_ packets: consuming [UInt8]) {
        store = packets
    }

    /// Bytes from one sync byte to the next, as of the last lock.
    private(set) var stride = TransportPacket.size

    init() {
        carry.reserveCapacity(Self.maximumSearchSize)
    }

    /// Goes on in `input` at `offset`, which moves past what was read.
    mutating func next(_ input: RawSpan, at offset: inout Int) -> Step {
        while offset < input.byteCount {
            switch state {
            case .searching:
                let count = min(input.byteCount - offset, Self.maximumSearchSize - carry.count)
                carry.append(contentsOf: input.extracting(offset..<offset + count))
                offset += count
                if search(isAtEnd: false) { return .store }
            case .locked(let stride):
                if let first = carry.first, first != TransportPacket.syncByte {
                    loseLock()
                } else if gap > 0 {
                    let count = min(gap, input.byteCount - offset)
                    gap -= count
                    offset += count
                } else if !carry.isEmpty {
                    let count = min(TransportPacket.size - carry.count, input.byteCount - offset)
                    carry.append(contentsOf: input.extracting(offset..<offset + count))
                    offset += count
                    if carry.count == TransportPacket.size {
                        swap(&store, &carry)
                        carry.removeAll(keepingCapacity: true)
                        gap = stride - TransportPacket.size
                        return .store
                    }
                } else if input.byte(at: offset) != TransportPacket.syncByte {
                    loseLock()
                } else if stride == TransportPacket.size {
                    if let run = run(input, at: &offset) { return .input(run) }
                } else if copyRun(input, at: &offset, stride: stride) {
                    return .store
                }
            }
        }
        return .needsInput
    }

    /// What is left at the end of the stream: packets in ``store`` if it returns true; call it until it returns false.
    mutating func finish() -> Bool {
        if case .locked = state, let first = carry.first, first != TransportPacket.syncByte { loseLock() }
        switch state {
        case .searching:
            if !carry.isEmpty, search(isAtEnd: true) { return true }
            news.droppedByteCount += carry.count
        case .locked:
            news.truncatedByteCount += carry.count
        }
        carry.removeAll()
        return false
    }

    private mutating func loseLock() {
        state = .searching
        news.lossCount += 1
    }

    /// Whole packets that stand one after the other in the input; nil if only the beginning of one is left, which is
    /// kept.
    private mutating func run(_ input: RawSpan, at offset: inout Int) -> Range<Int>? {
        let start = offset
        let limit = min(input.byteCount - start, Self.maximumRunCount * TransportPacket.size)
        while offset + TransportPacket.size <= start + limit, input.byte(at: offset) == TransportPacket.syncByte {
            offset += TransportPacket.size
        }
        if offset > start { return start..<offset }
        carry.append(contentsOf: input.extracting(offset..<input.byteCount))
        offset = input.byteCount
        return nil
    }

    private mutating func copyRun(_ input: RawSpan, at offset: inout Int, stride: Int) -> Bool {
        store.removeAll(keepingCapacity: true)
        while offset < input.byteCount, input.byte(at: offset) == TransportPacket.syncByte {
            let rest = input.byteCount - offset
            guard rest >= stride, store.count < Self.maximumRunCount * TransportPacket.size else { break }
            store.append(contentsOf: input.extracting(offset..<offset + TransportPacket.size))
            offset += stride
        }
        if !store.isEmpty { return true }
        let count = min(input.byteCount - offset, TransportPacket.size)
        carry.append(contentsOf: input.extracting(offset..<offset + count))
        offset += count
        guard count == TransportPacket.size else { return false }
        swap(&store, &carry)
        carry.removeAll(keepingCapacity: true)
        gap = stride - TransportPacket.size
        return true
    }

    /// Looks for a lock in ``carry``; true if there are packets in ``store``.
    private mutating func search(isAtEnd: Bool) -> Bool {
        var candidate = 0
        search: while candidate < carry.count {
            guard carry[candidate] == TransportPacket.syncByte else {
                candidate += 1
                continue
            }
            for stride in Self.strides {
                switch match(at: candidate, stride: stride, isAtEnd: isAtEnd) {
                case .locks:
                    lock(at: candidate, stride: stride)
                    return true
                case .needsMore:
                    break search
                case .fails:
                    continue
                }
            }
            candidate += 1
        }
        news.droppedByteCount += candidate
        carry.removeFirst(candidate)
        return false
    }

    private enum Match { case locks, needsMore, fails }

    private func match(at start: Int, stride: Int, isAtEnd: Bool) -> Match {
        for index in 1..<Self.lockCount {
            let offset = start + index * stride
            guard offset < carry.count else {
                if !isAtEnd { return .needsMore }
                // The end of the stream: what is there has to do, and a lone packet only where packets are known to be.
                let isPlausible = index > 1 || start == 0 && !hasLocked && news.droppedByteCount == 0
                return carry.count - start >= TransportPacket.size && isPlausible ? .locks : .fails
            }
            if carry[offset] != TransportPacket.syncByte { return .fails }
        }
        return .locks
    }

    private mutating func lock(at start: Int, stride: Int) {
        news.droppedByteCount += start
        // The prefix of the first packet is no garbage.
        if stride == 192, !hasLocked { news.droppedByteCount = max(news.droppedByteCount - 4, 0) }
        hasLocked = true
        self.stride = stride
        store.removeAll(keepingCapacity: true)
        var offset = start
        state = .locked(stride: stride)
        gap = 0
        while offset < carry.count {
            // Where the lock ends, the packets before are handed out first.
            guard carry[offset] == TransportPacket.syncByte else { break }
            guard offset + TransportPacket.size <= carry.count else { break }
            store.append(contentsOf: carry[offset..<offset + TransportPacket.size])
            offset += stride
            if offset > carry.count {
                gap = offset - carry.count
                offset = carry.count
            }
        }
        carry.removeFirst(offset)
    }
}
