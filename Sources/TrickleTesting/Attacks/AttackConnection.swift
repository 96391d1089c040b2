import Foundation

/// One connection that does what its script says. It never blocks but to connect.
struct AttackConnection {
    let script: AttackScript
    private(set) var descriptor: Int32 = -1
    private(set) var answerCount = 0
    /// When it was connected.
    private var start = ContinuousClock.now
    /// How long it was until an error came, or the end.
    private(set) var stay: Duration?
    private var index = 0
    private var piece: [UInt8]?
    private var sent = 0
    private var next = ContinuousClock.now
    /// The end of what has come, in which a status line may have begun.
    private var tail: [UInt8] = []
    private var hasSentAll = false
    private var hasEnded = false

    init(_ script: AttackScript) { self.script = script }

    var isOpen: Bool { descriptor >= 0 }
    var mayOpen: Bool { !isOpen && (!hasEnded || script.comesBack) }
    /// Whether all that it waits for has come.
    var isDone: Bool {
        if script.endsWithin != nil { return stay != nil }
        return script.answers.map { answerCount >= $0 } ?? true
    }

    mutating func open(_ address: ConformanceTarget.Address) -> Bool {
        let fresh = socket(address.family, Socket.stream, 0)
        guard fresh >= 0 else { return false }
        // Who takes no answer has no room for one: what is not sent stays with the relay, and not in the kernel.
        if !script.reads { Socket.setReceiveBuffer(fresh, byteCount: 4096) }
        guard Socket.connect(fresh, address.bytes, until: .now + .seconds(1)) == nil else {
            _ = Socket.close(fresh)
            return false
        }
        let answered = answerCount
        self = AttackConnection(script)
        answerCount = script.answers == nil ? 0 : answered
        descriptor = fresh
        start = .now
        next = start
        return true
    }

    mutating func close() {
        guard isOpen else { return }
        _ = Socket.close(descriptor)
        descriptor = -1
        hasEnded = true
    }

    /// What it waits for at its socket.
    func events(at now: ContinuousClock.Instant, reading: Bool) -> Int16 {
        var events = Self.peerClosed
        if script.reads || reading { events |= Int16(POLLIN) }
        if wantsToSend(at: now) { events |= Int16(POLLOUT) }
        return events
    }

    /// A peer's end shows also while nothing is read.
    private static var peerClosed: Int16 {
        #if canImport(Glibc)
            0x2000  // POLLRDHUP
        #else
            0
        #endif
    }

    private func wantsToSend(at now: ContinuousClock.Instant) -> Bool {
        guard !hasSentAll else { return false }
        if piece != nil { return true }
        if let outstanding = script.outstanding, index - answerCount >= outstanding { return false }
        return next <= now
    }

    /// Sends what the relay takes, 1 MiB at most.
    mutating func send(into tally: inout AttackTally, at now: ContinuousClock.Instant) {
        var budget = 1 << 20
        while budget > 0, isOpen, wantsToSend(at: now) {
            guard let bytes = piece ?? script.piece(index) else {
                hasSentAll = true
                if script.leaves { close() }
                return
            }
            piece = bytes
            let count = bytes.withUnsafeBytes { buffer in
                buffer.isEmpty ? 0 : Socket.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent)
            }
            guard count >= 0 else {
                if errno != EAGAIN && errno != EINTR { end(into: &tally) }
                return
            }
            tally.sentByteCount += count
            budget -= max(1, count)
            sent += count
            guard sent == bytes.count else { return }
            piece = nil
            sent = 0
            index += 1
            next += script.interval
            if script.interval == .zero { next = now }
        }
    }

    /// Takes what has come, and counts the answers in it.
    mutating func receive(_ buffer: UnsafeMutableRawBufferPointer, into tally: inout AttackTally) {
        buffer.copyBytes(from: tail)
        let count = recv(descriptor, buffer.baseAddress! + tail.count, buffer.count - tail.count, 0)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { end(into: &tally) }
            return
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(tail.count + count)])
        StatusLines.forEach(in: bytes) { status in
            guard status >= 200 else { return }
            tally.count(status: status)
            answerCount += 1
            if status >= 400, stay == nil { stay = .now - start }
        }
        tail = Array(bytes.suffix(StatusLines.byteCount - 1))
    }

    /// The relay has closed, or reset.
    mutating func end(into tally: inout AttackTally) {
        tally.closed += 1
        if stay == nil { stay = .now - start }
        close()
    }
}
