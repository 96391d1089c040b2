import TrickleCore

// Relays that owe something, and do not give it.
extension RunningTransfer {
    /// - Returns: why the connection counts as broken, if the relay has not taken what it is offered, has said nothing, or has not ended
    ///   its answer, for too long.
    func stall(now: Duration) -> TransferFailure? {
        if isEndOfAnswerOwed {
            let limit = transfer.request.configuration.stallTimeout
            guard now - headEndedAt >= limit else { return nil }
            return failure(.broken, "has not ended its answer after \(limit.wholeMilliseconds) ms")
        }
        guard let (limit, kind) = stallLimit else {
            progressedAt = now
            return nil
        }
        guard now - progressedAt >= limit else { return nil }
        let what = kind == .silent ? "sent" : "taken"
        return failure(kind, "has \(what) nothing for \(limit.wholeMilliseconds) ms")
    }

    /// Whether the head has come of an answer that is short: one to an upload, or a refusal. Its bytes may drip, but not for ever. The
    /// segment that a read has asked for takes as long as its publisher does; other requests have a limit of curl's.
    private var isEndOfAnswerOwed: Bool {
        guard hasWholeHead, let head else { return false }
        return transfer.request.upload != nil || !head.isSuccess
    }

    /// How long the relay may be idle now, and what it is when it takes longer; nil while it owes nothing.
    private var stallLimit: (Duration, RequestFailure)? {
        guard let upload = transfer.request.upload else {
            return isReceivingPaused ? nil : transfer.silenceLimit.map { ($0, .silent) }
        }
        let isOwed = upload.isOffering || upload.progress == .endSent
        return isOwed ? (transfer.request.configuration.stallTimeout, .broken) : nil
    }

    private func failure(_ kind: RequestFailure, _ what: String) -> TransferFailure {
        let text = "\(transfer.request.peer) \(what): is it overloaded, or the network down?"
        return TransferFailure(kind: kind, error: TrickleError(.connectionLost, text))
    }

    /// Another attempt would end the same way.
    var tooManyFields: TransferFailure {
        let text =
            "\(transfer.request.peer) sends more than \(FieldAllowance.maximumCount) header lines, \(FieldAllowance.maximumBytes >> 10) KiB of them, or 100 KiB in one, for one answer: is it a relay?"
        return TransferFailure(kind: .permanent, error: TrickleError(.notARelay, text))
    }
}
