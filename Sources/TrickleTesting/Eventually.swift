/// Asks again and again, until it is so.
///
/// - Throws: ``NeverCame`` when it is not so for minutes, which is a hang.
package func eventually(
    file: StaticString = #fileID, line: UInt = #line, _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + TestLimit.wait
    while try await !isSo() {
        guard ContinuousClock.now < deadline else { throw NeverCame(place: "\(file):\(line)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// What a test waited for did not come.
struct NeverCame: Error, CustomStringConvertible {
    let place: String
    var description: String { "what \(place) waits for has not come within \(TestLimit.wait)" }
}
