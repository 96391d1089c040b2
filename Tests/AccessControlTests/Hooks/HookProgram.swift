import NIOCore
import Synchronization
import TrickleRelay
import TrickleTesting

/// A program that is asked, and answers when the test lets it.
final class HookProgram: Sendable {
    private struct State {
        var status = 200
        var asked: [String] = []
        var holds = false
        var held: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())
    let lines = LogLines()

    var status: Int {
        get { state.withLock { $0.status } }
        set { state.withLock { $0.status = newValue } }
    }

    /// Whether it waits before it answers.
    var holds: Bool {
        get { state.withLock { $0.holds } }
        set { state.withLock { $0.holds = newValue } }
    }

    /// The bodies that have come, in their order.
    var asked: [String] { state.withLock { $0.asked } }

    /// Answers what it holds back, and does not hold back any more.
    func letGo() {
        let held = state.withLock { state in
            state.holds = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func letOneGo() { state.withLock { $0.held.removeFirst() }.resume() }

    var route: RampRoute {
        RampRoute("/may", methods: [.post], body: .collected(atMost: 1 << 16)) { request in
            await withCheckedContinuation { continuation in
                let isHeld = self.state.withLock { state in
                    state.asked.append(String(buffer: request.body))
                    if state.holds { state.held.append(continuation) }
                    return state.holds
                }
                if !isHeld { continuation.resume() }
            }
            let type = request.field("Content-Type") ?? ""
            return RampResponse(
                status: type == "application/json" ? self.status : 415, .bytes(ByteBuffer(string: "whatever\n")))
        }
    }
}
