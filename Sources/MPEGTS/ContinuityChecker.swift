/// Follows the continuity counters of all PIDs (ISO 13818-1, section 2.4.3.3).
struct ContinuityChecker {
    enum Finding {
        case inOrder
        /// The same packet once more, which is allowed once.
        case duplicate
        /// Packets are missing before this one.
        case gap
    }

    private static let unseen: UInt8 = 0xFF
    private static let exempt: UInt8 = 0xFE
    private static let duplicated: UInt8 = 0x10

    /// The counter of each PID's last packet, and whether that came twice.
    private var last = [UInt8](repeating: Self.unseen, count: PID.count)

    /// What it takes of memory besides its own fields, in bytes.
    var storageByteCount: Int { last.storageByteCount }

    init() {
        last[Int(PID.null.rawValue)] = Self.exempt
    }

    /// Whether a packet follows the one before of its PID; `jumps` says that its adaptation field announces a jump.
    @inline(__always)
    mutating func check(_ pid: Int, counter: UInt8, hasPayload: Bool, jumps: @autoclosure () -> Bool) -> Finding {
        let before = last[pid]
        let expected = hasPayload ? (before &+ 1) & 0x0F : before & 0x0F
        if before < Self.duplicated, counter == expected {
            last[pid] = counter
            return .inOrder
        }
        return checkSlowly(pid, before: before, counter: counter, hasPayload: hasPayload, jumps: jumps())
    }

    private mutating func checkSlowly(
        _ pid: Int, before: UInt8, counter: UInt8, hasPayload: Bool, jumps: Bool
    ) -> Finding {
        if before == Self.exempt { return .inOrder }
        last[pid] = counter
        if before == Self.unseen || jumps { return .inOrder }
        let number = before & 0x0F
        if counter == (hasPayload ? (number &+ 1) & 0x0F : number) { return .inOrder }
        if hasPayload, counter == number, before & Self.duplicated == 0 {
            last[pid] = counter | Self.duplicated
            return .duplicate
        }
        return .gap
    }
}
