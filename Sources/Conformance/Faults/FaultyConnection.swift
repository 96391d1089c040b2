import Foundation

/// One client of a ``FaultyRelay``, and the connection to the relay that stands for it. Belongs to one thread.
final class FaultyConnection {
    private let client: Int32
    private let upstream: Int32
    private let context: FaultContext
    private let fault: RelayFault

    private var requests = MessageSplitter()
    private var responses = MessageSplitter()
    /// Requests that have been forwarded and have not been answered.
    private var asked: [FaultyRequest] = []
    /// The request whose body is coming.
    private var current: FaultyRequest?
    private var isInBody = false
    /// What a held body has so far.
    private var held: [UInt8] = []
    private var answerHead: FaultyHead?
    private var wholeBody: [UInt8]?
    private var pieceCount = 0
    private var framing = BodyFraming.none
    private var clientHasEnded = false
    private var upstreamHasEnded = false
    private var mustClose = false
    private var deadline: ContinuousClock.Instant?
    /// Since when the client has kept half a head or line back: it is passed on when it is whole, so that the relay cannot see that it is due.
    private var insideLineSince: ContinuousClock.Instant?
    private static let lineTime = Duration.seconds(10)
    private var isReadingOpenSegment = false
    private let restartsAtStart: Int

    init?(client: Int32, _ context: FaultContext, _ fault: RelayFault) {
        self.client = client
        self.context = context
        self.fault = fault
        restartsAtStart = context.restarts.load(ordering: .relaxed)
        guard let address = try? context.upstream.addresses().first else { return nil }
        upstream = socket(address.family, Socket.stream, 0)
        guard Socket.connect(upstream, address.bytes, until: .now + .seconds(2)) == nil else { return nil }
        if fault.connection == .closesSilentConnections { deadline = .now + .seconds(1) }
    }

    deinit {
        _ = Socket.close(client)
        _ = Socket.close(upstream)
    }

    // MARK: The loop

    func run() {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while !mustClose {
            var entries = [
                pollfd(fd: clientHasEnded ? -1 : client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: upstreamHasEnded ? -1 : upstream, events: Int16(POLLIN), revents: 0),
            ]
            if clientHasEnded, upstreamHasEnded { return }
            poll(&entries, 2, 20)
            if let deadline, deadline <= .now { return }
            if let insideLineSince, insideLineSince + Self.lineTime <= .now, fault.connection != .neverCloses { return }
            if fault.connection == .restartCutsReaders, isReadingOpenSegment || framingIsUnderWay,
                context.restarts.load(ordering: .relaxed) != restartsAtStart
            {
                return reset()
            }
            if fault.connection == .slowReaderStopsAll, context.slowReaders.load(ordering: .relaxed) > 0 { continue }
            if entries[0].revents != 0 {
                let count = recv(client, &block, block.count, 0)
                if count > 0 {
                    receivedFromClient(Array(block[..<count]))
                } else if count == 0 || errno != EAGAIN {
                    clientEnded(isReset: count < 0)
                }
            }
            if mustClose { return }
            if entries[1].revents != 0 {
                let count = recv(upstream, &block, block.count, 0)
                if count > 0 {
                    responses.feed(Array(block[..<count]), framing: answerFraming) { receivedAnswer($0) }
                } else if count == 0 || errno != EAGAIN {
                    upstreamEnded(isReset: count < 0)
                }
            }
        }
    }

    private var framingIsUnderWay: Bool { if case .none = framing { false } else { true } }

    private func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) {
        var sent = 0
        var isSlow = false
        while sent < bytes.count, !mustClose {
            let count = bytes.withUnsafeBytes { Socket.send(descriptor, $0.baseAddress! + sent, $0.count - sent) }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                if descriptor == client, !isSlow {
                    isSlow = true
                    context.slowReaders.add(1, ordering: .relaxed)
                }
                _ = Socket.wait(descriptor, for: Int16(POLLOUT), until: .now + .seconds(10))
            } else if descriptor == upstream {
                // The relay has closed its end, and may have said why.
                return
            } else {
                mustClose = true
            }
        }
        if isSlow { context.slowReaders.subtract(1, ordering: .relaxed) }
    }

    private func send(_ text: String, to descriptor: Int32) { send(Array(text.utf8), to: descriptor) }

    // MARK: From the client

    private func receivedFromClient(_ bytes: [UInt8]) {
        if fault.connection == .closesSilentConnections { deadline = nil }
        var headCount = 0
        requests.feed(bytes, framing: { FaultyRequest($0).framing }) { element in
            if case .head = element { headCount += 1 }
            if headCount > 1, fault.connection == .forgetsPipelined { return }
            receivedRequest(element)
        }
        insideLineSince = requests.isInsideLine ? insideLineSince ?? .now : nil
    }

    private func receivedRequest(_ element: MessageSplitter.Element) {
        switch element {
        case .head(let text):
            var request = FaultyRequest(text)
            let isNewIncarnation = request.isPublish
            fault.request(&request, context)
            if isNewIncarnation, fault.connection == .restartCutsReaders, let number = request.number, number >= 0,
                let next = context.next(of: request.channel), number < next
            {
                context.restarts.add(1, ordering: .relaxed)
            }
            current = request
            isInBody = true
            held = []
            if let answer = request.answer { return send(answer, to: client) }
            if request.isSwallowed { return }
            asked.append(request)
            if fault.connection == .waitCutsBodies,
                let seconds = request.head["Lp-Trickle-Wait"].flatMap({ Double($0) })
            {
                deadline = .now + .seconds(seconds)
            }
            if fault.connection == .cutsWaitingReaders, request.isRead { deadline = .now + .seconds(1) }
            send(request.head.text, to: upstream)
        case .payload(let bytes):
            guard let current, current.answer == nil, !current.isSwallowed else { return }
            if case .chunked = current.framing {
                if fault.connection == .holdsBodies {
                    held += bytes
                } else {
                    send(chunk(bytes), to: upstream)
                }
            } else {
                send(bytes, to: upstream)
            }
        case .end(let trailers):
            isInBody = false
            guard let current, current.answer == nil, !current.isSwallowed, case .chunked = current.framing else {
                return
            }
            if !held.isEmpty { send(chunk(held), to: upstream) }
            send("0\r\n\(trailers)\r\n", to: upstream)
        case .garbage(let bytes):
            if fault.connection == .badChunkIsEnd, isInBody {
                send("0\r\n\r\n", to: upstream)
                isInBody = false
            } else {
                send(bytes, to: upstream)
            }
        }
    }

    private func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10]
    }

    private func clientEnded(isReset: Bool) {
        clientHasEnded = true
        let isBroken =
            isInBody && current.map { if case .length(left: 0) = $0.framing { false } else { true } } ?? false
        switch fault.connection {
        case .halfCloseIsClose: mustClose = true
        case .brokenPublisherHangs where isBroken: break
        case .brokenPublisherFinishes where isBroken: send("0\r\n\r\n", to: upstream)
        default:
            if isReset { mustClose = true } else { shutdown(upstream, Int32(SHUT_WR)) }
        }
    }

    // MARK: From the relay

    private func answerFraming(_ text: String) -> BodyFraming {
        let head = FaultyHead(text)
        let status = head.status
        if asked.first?.method == "HEAD" || status < 200 || status == 204 || status == 304 {
            framing = .none
        } else if head["Transfer-Encoding"] != nil {
            framing = .chunked(left: nil)
        } else if let length = head["Content-Length"].flatMap({ Int($0) }) {
            framing = .length(left: length)
        } else {
            framing = .untilClose
        }
        return framing
    }

    private func receivedAnswer(_ element: MessageSplitter.Element) {
        guard let request = asked.first else {
            // An answer that nobody asked for: the relay refuses what it did not understand.
            if case .head(let text) = element { return send(edited(FaultyHead(text), FaultyRequest("")), to: client) }
            if case .payload(let bytes) = element { send(bytes, to: client) }
            return
        }
        switch element {
        case .head(let text):
            let head = FaultyHead(text)
            guard head.status >= 200 else { return send(edited(head, request), to: client) }
            pieceCount = 0
            if fault.swallows(request, head) {
                asked[0].isSwallowed = true
                if case .none = framing { answered(head) } else { answerHead = head }
                return
            }
            if case .length = framing, fault.body != nil {
                answerHead = head
                wholeBody = []
                return
            }
            isReadingOpenSegment = request.method == "GET"
            send(edited(head, request), to: client)
            if case .none = framing {
                if fault.connection == .answersHeadWithBody { send("Not a body", to: client) }
                answered(head)
            } else {
                answerHead = head
            }
        case .payload(let bytes):
            if wholeBody != nil {
                wholeBody! += bytes
                return
            }
            var bytes = bytes
            if let piece = fault.piece { bytes = piece(request, pieceCount, bytes) }
            pieceCount += 1
            guard !bytes.isEmpty, !request.isSwallowed else { return }
            if case .chunked = framing { send(chunk(bytes), to: client) } else { send(bytes, to: client) }
        case .end(let trailers):
            if let body = wholeBody, var head = answerHead, let edit = fault.body {
                let text = edit(request, String(decoding: body, as: UTF8.self))
                head["Content-Length"] = String(text.utf8.count)
                send(edited(head, request) + text, to: client)
                wholeBody = nil
            } else if fault.connection == .endIsCut, case .chunked = framing {
                mustClose = true
            } else if case .chunked = framing, !request.isSwallowed {
                send("0\r\n\(fault.trailers(trailers))\r\n", to: client)
            }
            if let answerHead { answered(answerHead) }
        case .garbage(let bytes): send(bytes, to: client)
        }
    }

    private func edited(_ head: FaultyHead, _ request: FaultyRequest) -> String {
        var head = head
        fault.response(request, &head)
        return head.text
    }

    private func answered(_ head: FaultyHead) {
        if !asked.isEmpty { asked.removeFirst() }
        framing = .none
        answerHead = nil
        isReadingOpenSegment = false
        deadline = nil
        switch fault.connection {
        case .closesAfterAnswers: mustClose = true
        case .closesSilentConnections: deadline = .now + .seconds(1)
        case .closesAfterErrors where head.status >= 400: mustClose = true
        case .resetsAfterEarlyAnswers where isInBody:
            reset()
            mustClose = true
        default: break
        }
    }

    private func upstreamEnded(isReset: Bool) {
        upstreamHasEnded = true
        switch fault.connection {
        case .neverCloses: return
        case .cutIsEnd:
            if case .chunked = framing { send("0\r\n\r\n", to: client) }
        default: break
        }
        if isReset {
            reset()
            mustClose = true
        } else {
            shutdown(client, Int32(SHUT_WR))
            if clientHasEnded { mustClose = true }
        }
    }
}
