import Foundation

/// One client of a ``FaultyRelay`` over HTTP/2, and the connection to the relay that stands for it. Belongs to one thread.
///
/// Frames are passed on as they are, but for those that the fault is about.
final class FaultyHTTP2Connection {
    private let client: Int32
    private let upstream: Int32
    private let fault: HTTP2Fault.Kind?
    private var preface = [UInt8]()
    private var requests = HTTP2FrameSplitter()
    private var answers = HTTP2FrameSplitter()
    private var hasSentSettings = false
    /// Streams whose requests are whole.
    private var whole: Set<UInt32> = []
    /// Streams whose answers have begun.
    private var answered: Set<UInt32> = []
    /// Streams that are over, as far as the client knows.
    private var over: Set<UInt32> = []
    private var held: [UInt32: [HTTP2RawFrame]] = [:]
    private var clientHasEnded = false
    private var mustClose = false

    private static let prefaceByteCount = 24
    /// The fields of a `100 Continue` are no longer, those of every other answer are.
    private static let continueByteCount = 8

    init?(client: Int32, to target: ConformanceTarget, _ fault: HTTP2Fault) {
        self.client = client
        self.fault = fault.kind
        guard let address = try? target.addresses().first else { return nil }
        upstream = socket(address.family, Socket.stream, 0)
        guard Socket.connect(upstream, address.bytes, until: .now + .seconds(2)) == nil else { return nil }
    }

    deinit {
        _ = Socket.close(client)
        _ = Socket.close(upstream)
    }

    func run() {
        while !mustClose {
            var entries = [clientHasEnded ? -1 : client, upstream].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&entries, nfds_t(entries.count), -1)
            if entries[0].revents != 0 { read(client, received, ended: clientEnded) }
            if entries[1].revents != 0 { read(upstream, receivedAnswer) { mustClose = true } }
        }
    }

    private func read(_ descriptor: Int32, _ received: ([UInt8]) -> Void, ended: () -> Void) {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &block, block.count, 0)
        if count > 0 { received(Array(block[..<count])) } else if count == 0 || errno != EAGAIN { ended() }
    }

    private func clientEnded() {
        clientHasEnded = true
        if fault != .brokenPublisherHangs { mustClose = true }
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) {
        var sent = 0
        while sent < bytes.count, !mustClose {
            let count = bytes.withUnsafeBytes { Socket.send(descriptor, $0.baseAddress! + sent, $0.count - sent) }
            if count > 0 {
                sent += count
            } else if errno != EAGAIN || !Socket.wait(descriptor, for: Int16(POLLOUT), until: .now + .seconds(10)) {
                return
            }
        }
    }

    // MARK: What the client says

    private func received(_ bytes: [UInt8]) {
        let count = min(Self.prefaceByteCount - preface.count, bytes.count)
        preface += bytes.prefix(count)
        send(Array(bytes.prefix(count)), to: upstream)
        for frame in requests.feed(bytes.dropFirst(count)) { pass(frame) }
    }

    private func pass(_ frame: HTTP2RawFrame) {
        if frame.endsStream { whole.insert(frame.stream) }
        switch (frame.type, fault) {
        case (HTTP2RawFrame.Kind.settings, _) where !hasSentSettings && frame.flags == 0:
            // The relay's heads must not need each other: some are lost here. SETTINGS_HEADER_TABLE_SIZE is 0.
            hasSentSettings = true
            var frame = frame
            frame.payload += [0, 1, 0, 0, 0, 0]
            send(frame.bytes, to: upstream)
        case (HTTP2RawFrame.Kind.reset, .brokenPublisherHangs): break
        case (HTTP2RawFrame.Kind.reset, .brokenPublisherFinishes) where !whole.contains(frame.stream):
            send(HTTP2RawFrame.end(of: frame.stream).bytes, to: upstream)
        case (HTTP2RawFrame.Kind.data, .holdsBodies):
            held[frame.stream, default: []].append(frame)
            guard frame.endsStream, let frames = held.removeValue(forKey: frame.stream) else { return }
            for frame in frames { send(frame.bytes, to: upstream) }
        case _: send(frame.bytes, to: upstream)
        }
    }

    // MARK: What the relay says

    private func receivedAnswer(_ bytes: [UInt8]) {
        for frame in answers.feed(bytes) where !over.contains(frame.stream) { passAnswer(frame) }
    }

    private func passAnswer(_ frame: HTTP2RawFrame) {
        let isHead = frame.type == HTTP2RawFrame.Kind.headers
        let isContinue = isHead && !frame.endsStream && frame.payload.count <= Self.continueByteCount
        let isTrailer = isHead && answered.contains(frame.stream)
        if isHead, !isContinue { answered.insert(frame.stream) }
        switch fault {
        case .hasNoContinue where isContinue: return
        case .resetsEarlyAnswers where isHead && !isContinue && !whole.contains(frame.stream):
            return replace(frame, by: .reset(of: frame.stream))
        case .hasNoTrailers where isTrailer: return replace(frame, by: .end(of: frame.stream))
        case .endIsReset where frame.endsStream && (!isHead || isTrailer):
            return replace(frame, by: .reset(of: frame.stream))
        case .resetIsEnd where frame.type == HTTP2RawFrame.Kind.reset:
            return replace(frame, by: .end(of: frame.stream))
        case _: break
        }
        send(frame.bytes, to: client)
    }

    /// Ends a stream in another way than the relay does.
    private func replace(_ frame: HTTP2RawFrame, by end: HTTP2RawFrame) {
        over.insert(frame.stream)
        send(end.bytes, to: client)
    }
}
