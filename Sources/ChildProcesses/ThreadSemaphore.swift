import Dispatch

/// Lets a dedicated thread wait for another. Never waited on in asynchronous code.
final class ThreadSemaphore: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func signal() { semaphore.signal() }
    func wait() { semaphore.wait() }
}
