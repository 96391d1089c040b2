import CCurl
import CurlShims
import TrickleCore

/// A transfer on the loop's thread: curl's handle for it, and what its callbacks have seen so far.
final class RunningTransfer {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    var isTouched = false

    private let turn: TurnRecord
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private let carrier: UnsafeMutablePointer<curl_shim_carrier>
    private(set) var head: AnswerHead?
    private(set) var hasWholeHead = false
    private(set) var isReceivingPaused = false
    /// Whether nothing more is sent because the answer has come already.
    private var isAnsweredEarly = false
    var progressedAt = Duration.now
    private(set) var headEndedAt = Duration.zero
    private var fields = FieldAllowance()

    /// - Throws: ``TransferFailure`` when the configuration does not suit curl.
    init(_ transfer: Transfer, turn: TurnRecord, sockets: OpaquePointer) throws(TransferFailure) {
        self.transfer = transfer
        self.turn = turn
        guard let handle = curl_easy_init() else { throw .refusedBySystem("the memory for a transfer") }
        easy = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        carrier = .allocate(capacity: 1)
        curl_shim_track_carrier(easy, sockets, carrier)
        headerList = try configure(transfer.request, errorText: errorText)
        curl_shim_setopt_list(easy, CURLOPT_HTTPHEADER, headerList)
        setCallbacks()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
        carrier.deallocate()
    }

    func resumeSending() {
        progressedAt = .now
        curl_easy_pause(easy, isReceivingPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
    }

    func resumeReceiving() {
        progressedAt = .now
        isReceivingPaused = false
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }

    /// What the end of the transfer means, as curl tells it.
    func ending(result: CURLcode) -> Transfer.Ending {
        // curl has no memory, as it says, for a line of more than 100 KiB; newer ones say that it is too large.
        if fields.isExceeded || result == CURLE_OUT_OF_MEMORY || result.rawValue == 100 {
            return .failed(tooManyFields)
        }
        // An answer to an upload counts even if the connection did not survive the rest of the upload.
        if hasWholeHead, result == CURLE_OK || transfer.request.upload != nil { return .complete }
        // curl takes a connection that ends within a head for an answer without a body.
        let result = result == CURLE_OK ? CURLE_RECV_ERROR : result
        return .failed(failure(of: result, text: String(cString: errorText)))
    }

    /// - Returns: why the connection is broken, if the relay has closed it and still owes the answer to an upload.
    func departure() -> TransferFailure? {
        guard transfer.request.upload != nil, !hasWholeHead, curl_shim_peer_has_closed(carrier) != 0 else { return nil }
        return TransferFailure(
            kind: .broken,
            error: TrickleError(
                .connectionLost, "\(transfer.request.peer) closed the connection: is it still running?"))
    }
}

// curl's callbacks.
extension RunningTransfer {
    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_shim_setopt_pointer(easy, CURLOPT_HEADERDATA, context)
        curl_shim_setopt_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            let isTaken = RunningTransfer.from(context).readHeaderLine(
                UnsafeRawBufferPointer(start: bytes, count: count))
            // Another count than what was offered ends the transfer.
            return isTaken ? count : 0
        }
        curl_shim_setopt_pointer(easy, CURLOPT_WRITEDATA, context)
        curl_shim_setopt_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            let hasRoom = RunningTransfer.from(context).readBody(UnsafeRawBufferPointer(start: bytes, count: count))
            return hasRoom ? count : curl_shim_write_pause()
        }
        if !transfer.request.body.isEmpty {
            curl_shim_setopt_pointer(easy, CURLOPT_XFERINFODATA, context)
            curl_shim_setopt_progress_callback(easy) { context, _, _, _, sent in
                RunningTransfer.from(context!).hasSent(byteCount: Int(sent))
                return 0
            }
            curl_shim_setopt_long(easy, CURLOPT_NOPROGRESS, 0)
        }
        if transfer.request.upload != nil {
            curl_shim_setopt_pointer(easy, CURLOPT_READDATA, context)
            curl_shim_setopt_data_callback(easy, CURLOPT_READFUNCTION) { bytes, _, count, context in
                RunningTransfer.from(context).send(into: UnsafeMutableRawBufferPointer(start: bytes, count: count))
            }
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> RunningTransfer {
        Unmanaged<RunningTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    private func touch() {
        guard !isTouched else { return }
        isTouched = true
        turn.touched.append(self)
    }

    /// One line of a head, or of the trailers, with its line end.
    ///
    /// - Returns: false when there were too many.
    private func readHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard fields.take(byteCount: line.count) else { return false }
        var bytes = line[...]
        while let last = bytes.last, last == 0x0D || last == 0x0A || last == 0x20 { bytes.removeLast() }
        if !hasWholeHead, bytes.starts(with: "HTTP/".utf8) {
            // Interim answers (RFC 9110, section 15.2) come before the one that counts.
            head = AnswerHead(status: Self.status(in: bytes))
            head?.isMultiplexed = bytes.starts(with: "HTTP/2".utf8)
        } else if bytes.isEmpty {
            endHead()
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: bytes[..<colon], as: UTF8.self)
            let value = bytes[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            takeField(name: name, value: String(decoding: value, as: UTF8.self))
        }
        return true
    }

    private func takeField(name: String, value: String) {
        guard hasWholeHead else {
            head?.take(name: name, value: value)
            return
        }
        var trailer = AnswerHead(status: 0)
        trailer.take(name: name, value: value)
        if let abortedBy = trailer.abortedBy { transfer.receivedTrailer(abortedBy: abortedBy) }
    }

    private func endHead() {
        // An upload is owed its answer, whatever comes before it.
        if transfer.request.upload == nil { progressedAt = .now }
        guard !hasWholeHead, let head, head.status >= 200 else { return }
        hasWholeHead = true
        headEndedAt = .now
        transfer.received(head)
        touch()
        if let upload = transfer.request.upload, upload.progress != .endSent {
            isAnsweredEarly = true
            turn.answeredEarly.append(self)
        }
    }

    /// The number after the first space of a status line.
    private static func status(in line: Slice<UnsafeRawBufferPointer>) -> Int {
        let digits = line.drop { $0 != 0x20 }.dropFirst().prefix { $0 != 0x20 }
        return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    private func readBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        progressedAt = .now
        guard transfer.received(bytes) else {
            isReceivingPaused = true
            return false
        }
        touch()
        return true
    }

    private func hasSent(byteCount: Int) {
        if byteCount >= transfer.request.body.count { transfer.sentBody() }
    }

    private func send(into target: UnsafeMutableRawBufferPointer) -> Int {
        if isAnsweredEarly { return 0 }
        progressedAt = .now
        switch transfer.request.upload?.take(into: target) {
        case .bytes(let count): return count
        case .nothingYet: return curl_shim_read_pause()
        case .end, nil: return 0
        case .abandoned: return Int(CURL_READFUNC_ABORT)
        }
    }
}
