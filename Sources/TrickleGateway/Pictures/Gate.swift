/// Lets a number of tasks through at once, and the others wait in their order.
actor Gate {
    private let width: Int
    private let maximumWaiting: Int
    private var passing = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// More want to pass than can wait.
    struct Crowded: Error {}

    /// - Parameters:
    ///   - width: how many pass at once.
    ///   - maximumWaiting: how many wait; more are turned away.
    init(width: Int, maximumWaiting: Int) {
        precondition(width > 0)
        self.width = width
        self.maximumWaiting = maximumWaiting
    }

    /// - Throws: ``Crowded``; what `body` throws.
    nonisolated func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await enter()
        do {
            let value = try await body()
            await passed()
            return value
        } catch {
            await passed()
            throw error
        }
    }

    private func enter() async throws {
        if passing < width {
            passing += 1
            return
        }
        guard waiting.count < maximumWaiting else { throw Crowded() }
        // Whoever leaves hands its place on.
        await withCheckedContinuation { waiting.append($0) }
    }

    private func passed() {
        if waiting.isEmpty { passing -= 1 } else { waiting.removeFirst().resume() }
    }
}
