/// A rule that did not hold: one line that says what was expected and what came.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public let description: String

    package init(_ description: String) { self.description = description }
}

/// A rule that cannot be looked at here, and why.
struct ConformanceSkip: Error {
    let reason: String
}

package func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw ConformanceFailure(message()) }
}
