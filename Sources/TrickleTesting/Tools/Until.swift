/// Waits until something holds, for as long as the test may take.
public func until(_ holds: () async throws -> Bool) async throws {
    while !(try await holds()) { try await Task.sleep(for: .milliseconds(20)) }
}
