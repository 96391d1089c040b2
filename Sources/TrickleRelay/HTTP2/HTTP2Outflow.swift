import NIOCore

/// The bodies that an HTTP/2 connection sends: its windows (RFC 9113, section 5.2), and whose frame is next.
///
/// Streams that have something to send take turns, a frame each.
struct HTTP2Outflow {
    /// The most that a client may take in advance (section 6.9.1).
    static let largestWindow = 1 << 31 - 1
    /// A frame and its header fill a record of TLS.
    private static let payloadLimit = RecordGathering.recordByteCount - HTTP2Wire.frameHeaderByteCount

    private var flows: [Int: HTTP2Flow] = [:]
    private var line = CircularBuffer<HTTP2Flow>()
    private var window = (1 << 16) - 1
    private var initialWindow = (1 << 16) - 1
    private var maximumFrameSize = 1 << 14

    // MARK: Streams

    mutating func open(_ id: Int) -> HTTP2Flow {
        let flow = HTTP2Flow(id, window: initialWindow)
        flows[id] = flow
        return flow
    }

    mutating func close(_ flow: HTTP2Flow) {
        flows[flow.id] = nil
        flow.sender = nil
        flow.removeAll()
    }

    /// A head of a stream has left.
    mutating func headLeft(_ id: Int) {
        guard let flow = flows[id] else { return }
        flow.headsDue -= 1
        lineUp(flow)
    }

    // MARK: What the client takes

    /// - Returns: whether that is possible; nil where there is no such stream.
    mutating func widen(_ id: Int, by increment: Int) -> Bool? {
        if id == 0 {
            window += increment
            return window <= Self.largestWindow
        }
        guard let flow = flows[id] else { return nil }
        flow.window += increment
        lineUp(flow)
        return flow.window <= Self.largestWindow
    }

    /// - Returns: whether that is possible.
    mutating func set(window: Int?, frameByteCount: Int?) -> Bool {
        if let frameByteCount { maximumFrameSize = frameByteCount }
        guard let window else { return true }
        let change = window - initialWindow
        initialWindow = window
        for flow in flows.values {
            flow.window += change
            lineUp(flow)
        }
        return !flows.values.contains { $0.window > Self.largestWindow }
    }

    // MARK: What leaves

    /// How many bytes may leave at once, ahead of nobody.
    func room(for flow: HTTP2Flow) -> Int {
        line.isEmpty && flow.isEmpty && flow.isReady ? frameRoom(for: flow) : 0
    }

    private func frameRoom(for flow: HTTP2Flow) -> Int {
        min(Self.payloadLimit, maximumFrameSize, window, flow.window)
    }

    mutating func sends(_ byteCount: Int, on flow: HTTP2Flow) {
        window -= byteCount
        flow.window -= byteCount
    }

    mutating func wait(_ bytes: ByteBuffer, on flow: HTTP2Flow) {
        flow.append(bytes)
        lineUp(flow)
    }

    private mutating func lineUp(_ flow: HTTP2Flow) {
        guard !flow.isInLine, flow.isReady, !flow.isEmpty else { return }
        flow.isInLine = true
        line.append(flow)
    }

    /// The next frame's payload, if one may leave.
    mutating func next() -> (bytes: ByteBuffer, flow: HTTP2Flow)? {
        guard window > 0 else { return nil }
        while let flow = line.popFirst() {
            flow.isInLine = false
            guard flow.isReady, !flow.isEmpty else { continue }
            let bytes = flow.take(atMost: frameRoom(for: flow))
            sends(bytes.readableBytes, on: flow)
            lineUp(flow)
            return (bytes, flow)
        }
        return nil
    }
}
