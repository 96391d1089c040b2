import Foundation

/// One direction of a connection through the proxy: what was read and not yet written, and how much may still go.
struct FaultFlow {
    /// Bytes that were read and not yet written: 32 KiB at most. Beyond it the sender waits, as the plan has it.
    static let pendingLimit = 32 << 10

    let direction: FlowDirection
    /// How many bytes it carries before the connection breaks; nil for as many as come.
    let byteLimit: Int?
    private(set) var carried = 0
    private var pending: [UInt8] = []
    private var start = 0
    /// The sender has ended.
    private(set) var isEnded = false
    private(set) var endIsForwarded = false
    /// What a slow flow may write by now, in bytes.
    private var allowance = 0.0
    private var refilledAt = ContinuousClock.now

    init(_ direction: FlowDirection, byteLimit: Int?) {
        self.direction = direction
        self.byteLimit = byteLimit
    }

    var pendingCount: Int { pending.count - start }
    var hasReachedLimit: Bool { byteLimit.map { carried >= $0 } ?? false }
    var isDone: Bool { endIsForwarded }

    /// How many bytes are to be read now.
    var room: Int {
        if isEnded { return 0 }
        let free = Self.pendingLimit - pendingCount
        guard let byteLimit else { return free }
        return min(free, byteLimit - carried - pendingCount)
    }

    func wantsToWrite(_ plan: FaultPlan.Flow) -> Bool {
        pendingCount > 0 && (plan.bytesPerSecond == nil || allowance >= 1)
    }

    /// Lets a slow flow write what the time since the last call is worth.
    mutating func refill(_ plan: FaultPlan.Flow, now: ContinuousClock.Instant) {
        defer { refilledAt = now }
        guard let rate = plan.bytesPerSecond else { return }
        let seconds = (now - refilledAt) / .seconds(1)
        // A quiet time is not saved up for more than a twentieth of a second.
        allowance = min(allowance + seconds * Double(rate), max(Double(rate) / 20, 1))
    }

    enum Outcome {
        case fine, broken
    }

    /// Reads what there is room for, and shows it to `seen`.
    mutating func read(from socket: Int32, seen: (ArraySlice<UInt8>) -> Void) -> Outcome {
        let room = self.room
        guard room > 0 else { return .fine }
        var block = [UInt8](repeating: 0, count: room)
        let count = recv(socket, &block, room, 0)
        if count > 0 {
            seen(block[..<count])
            pending += block[..<count]
        } else if count == 0 {
            isEnded = true
        } else if errno != EAGAIN, errno != EINTR {
            return .broken
        }
        return .fine
    }

    /// Writes what is pending, and the end after it.
    ///
    /// - Returns: the number of bytes that went, and whether the other side is still there.
    mutating func write(to socket: Int32, _ plan: FaultPlan.Flow) -> (count: Int, outcome: Outcome) {
        var written = 0
        if wantsToWrite(plan) {
            let limit = plan.bytesPerSecond == nil ? pendingCount : min(pendingCount, Int(allowance))
            let count = pending.withUnsafeBytes { Socket.send(socket, $0.baseAddress! + start, limit) }
            if count < 0, errno != EAGAIN, errno != EINTR, errno != ENOTCONN { return (0, .broken) }
            written = max(0, count)
            carried += written
            start += written
            allowance -= Double(written)
            if start == pending.count {
                pending.removeAll(keepingCapacity: true)
                start = 0
            }
        }
        if isEnded, pendingCount == 0, !endIsForwarded {
            endIsForwarded = true
            shutdown(socket, Int32(SHUT_WR))
        }
        return (written, .fine)
    }
}
