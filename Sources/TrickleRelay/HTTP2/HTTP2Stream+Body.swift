import NIOCore
import NIOHTTP2
import TrickleCore

// A request's body: how much of it may come, and what waits of it.
extension HTTP2Stream {
    func holdBody(_ isHeld: Bool) {
        guard holdsBody != isHeld, !hasWholeRequest else { return }
        holdsBody = isHeld
        try? context?.channel.syncOptions?.setOption(.autoRead, value: !isHeld)
        // The channel reads by itself only what comes from now on.
        if isHeld { countWaiting() } else { context?.read() }
    }

    /// What may wait here is the relay's memory, until the body is whole or whoever takes it holds none of it.
    private func countWaiting() {
        guard countedByteCount == 0 else { return }
        let (byteCount, household) = (length.left(atMost: HTTP2Limits.streamWindow), household)
        let hasRoom = lane.store.perform(on: nil) { store, now in
            store.beginsWaiting(byteCount, of: household, now: now)
        }
        if hasRoom { return countedByteCount = byteCount }
        // Whoever holds the body has not been left yet.
        let stream = NIOLoopBound(self, eventLoop: lane.eventLoop)
        let problem = RequestProblem(.outOfMemory(limit: lane.store.limits.memoryByteCount))
        lane.eventLoop.execute { stream.value.refuse(problem) }
    }

    func nothingWaits() {
        guard countedByteCount > 0 else { return }
        let (byteCount, household) = (countedByteCount, household)
        countedByteCount = 0
        lane.store.perform(on: nil) { store, _ in store.stopsWaiting(byteCount, of: household) }
    }

    private var household: Int { client?.household.hashValue ?? 0 }

    /// Lets more of a body be on its way if nobody will hold it.
    func widen(by byteCount: Int) {
        guard state == .exchanging, exchange?.mayHoldBody == false, let increment = publishing.takes(byteCount)
        else { return }
        context?.writeAndFlush(wrapOutboundOut(.windowUpdate(windowSizeIncrement: increment)), promise: nil)
    }

    /// The body is not as long as its request has said: that is no request (RFC 9113, section 8.1.1).
    func rejectBody() {
        guard state != .closed else { return }
        context?.writeAndFlush(wrapOutboundOut(.rstStream(.protocolError)), promise: nil)
    }
}
