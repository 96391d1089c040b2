import Suspension
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct WaitingTests {
    /// A door that opens once, for one who waits.
    private final class Door: Sendable {
        struct State {
            var isOpen = false
            var waiting: CheckedContinuation<Void, Never>?
            var keptCount = 0

            mutating func takeWaiting() -> CheckedContinuation<Void, Never>? {
                defer { waiting = nil }
                return waiting
            }
        }

        let state = Mutex(State())
        var keptCount: Int { state.withLock { $0.keptCount } }

        func wait() async {
            await state.wait(
                unless: { $0.isOpen },
                keep: { state, continuation in
                    state.waiting = continuation
                    state.keptCount += 1
                },
                onCancel: { state.withLock { $0.takeWaiting() }?.resume() })
        }

        func open() {
            state.withLock { state in
                state.isOpen = true
                return state.takeWaiting()
            }?.resume()
        }
    }

    @Test func `where there is nothing to wait for, the task is not suspended`() async {
        let door = Door()
        door.open()
        await door.wait()
        #expect(door.keptCount == 0)
    }

    @Test func `a task that is cancelled already does not wait`() async {
        let door = Door()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            await door.wait()
        }
        task.cancel()
        await task.value
        #expect(door.keptCount == 0)
    }

    @Test func `who waits goes on when the door opens, and when they are cancelled`() async {
        let endings: [(Door, Task<Void, Never>) -> Void] = [{ door, _ in door.open() }, { _, task in task.cancel() }]
        for ending in endings {
            let door = Door()
            let task = Task { await door.wait() }
            while door.keptCount == 0 { await Task.yield() }
            ending(door, task)
            await task.value
            #expect(door.keptCount == 1)
        }
    }

    @Test func `in whatever order cancellation and opening come, the task goes on once`() async {
        // A continuation that is resumed twice, or never, ends the test by itself.
        for _ in 0..<5_000 {
            let door = Door()
            let waiting = Task { await door.wait() }
            let opening = Task.detached { door.open() }
            waiting.cancel()
            await waiting.value
            await opening.value
            #expect(door.state.withLock { $0.waiting == nil })
        }
    }
}
