import CCurl
import CurlShims

/// What the loop does, turn by turn, and what belongs to its thread alone.
final class CurlLoopTurns {
    private let multi: UnsafeMutableRawPointer
    private let sockets: OpaquePointer
    private var running: [ObjectIdentifier: RunningTransfer] = [:]
    private var timers: [(at: Duration, body: @Sendable () -> Void)] = []
    private var stallsCheckedAt = Duration.zero
    /// How many connections were ready when the last wait ended.
    private var readyCount: Int32 = 0
    /// Transfers whose reader is to be woken when the turn's reading is done.
    private let turn = TurnRecord()

    /// How often uploads are looked at for a relay that takes nothing.
    private static let stallCheckInterval = Duration.milliseconds(250)

    init(_ multi: CurlLoop.Multi) {
        self.multi = multi.handle
        sockets = multi.sockets
    }

    /// Does what was asked, what the network brought, and then waits for either.
    func turn(_ commands: [CurlLoop.Command]) {
        for command in commands { carryOut(command) }
        perform()
        fireTimers()
        failBroken()
        readyCount = 0
        curl_multi_poll(multi, nil, 0, Int32(clamping: pollTimeout), &readyCount)
    }

    private func carryOut(_ command: CurlLoop.Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .cancel(let transfer):
            // curl closes the connection of a transfer that is taken away in the middle.
            if let transfer = running.removeValue(forKey: ObjectIdentifier(transfer)) { remove(transfer) }
        case .resumeUpload(let transfer): running[ObjectIdentifier(transfer)]?.resumeSending()
        case .resumeDownload(let transfer): running[ObjectIdentifier(transfer)]?.resumeReceiving()
        case .schedule(let time, let body): timers.append((time, body))
        }
    }

    private func start(_ transfer: Transfer) {
        // It may have been cancelled before it began.
        guard transfer.ending == nil else { return }
        do {
            let started = try RunningTransfer(transfer, turn: turn, sockets: sockets)
            curl_multi_add_handle(multi, started.easy)
            running[ObjectIdentifier(transfer)] = started
        } catch {
            transfer.ended(.failed(error))
        }
    }

    private func perform() {
        var count: Int32 = 0
        curl_multi_perform(multi, &count)
        // Answers that came before the end of their upload: the upload ends now, in the same turn.
        while !turn.answeredEarly.isEmpty {
            for transfer in turn.answeredEarly { transfer.resumeSending() }
            turn.answeredEarly = []
            curl_multi_perform(multi, &count)
        }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            finish(message.pointee.easy_handle, result: curl_shim_message_result(message))
        }
        for transfer in turn.touched {
            transfer.isTouched = false
            transfer.transfer.wakeReader()
        }
        turn.touched.removeAll(keepingCapacity: true)
    }

    private func finish(_ easy: UnsafeMutableRawPointer?, result: CURLcode) {
        guard let (key, done) = running.first(where: { $0.value.easy == easy }) else { return }
        running[key] = nil
        let ending = done.ending(result: result)
        remove(done)
        done.transfer.ended(ending)
    }

    private func remove(_ transfer: RunningTransfer) {
        curl_multi_remove_handle(multi, transfer.easy)
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let now = Duration.now
        let due = timers.filter { $0.at <= now }
        timers.removeAll { $0.at <= now }
        for timer in due { timer.body() }
    }

    /// Ends the uploads whose relay has gone, or takes nothing.
    private func failBroken() {
        let now = Duration.now
        let isStallCheckDue = now - stallsCheckedAt >= Self.stallCheckInterval
        // A connection that its peer closes is ready to be read.
        guard readyCount > 0 || isStallCheckDue else { return }
        if isStallCheckDue { stallsCheckedAt = now }
        for (key, transfer) in running {
            guard let failure = transfer.departure() ?? (isStallCheckDue ? transfer.stall(now: now) : nil) else {
                continue
            }
            running[key] = nil
            remove(transfer)
            transfer.transfer.ended(.failed(failure))
        }
    }

    /// In milliseconds; curl wakes by itself for its own timers.
    private var pollTimeout: Int {
        let untilStallCheck = running.isEmpty ? 60_000 : Self.stallCheckInterval.wholeMilliseconds
        guard let first = timers.map(\.at).min() else { return untilStallCheck }
        return max(0, min(untilStallCheck, (first - .now).wholeMilliseconds))
    }
}

/// What the callbacks of one turn leave for its end.
final class TurnRecord {
    var touched: [RunningTransfer] = []
    var answeredEarly: [RunningTransfer] = []
}
