/// What an attack has got.
struct AttackTally: Sendable {
    /// How often each status came; 100 is no answer.
    private(set) var statuses: [Int: Int] = [:]
    /// The most connections that it had at a time.
    var connections = 0
    /// How often the relay closed one.
    var closed = 0
    /// How often it could not connect.
    var refused = 0
    var sentByteCount = 0
    /// How long each script with a limit was left open; nil while it still was.
    var stays: [(name: String, time: Duration?, limit: Duration)] = []

    mutating func count(status: Int) { statuses[status, default: 0] += 1 }

    /// The answers in one line, as `200×5 404×12, closed 3`.
    var summary: String {
        let answers = statuses.sorted { $0.key < $1.key }.map { "\($0.key)×\($0.value)" }
        let ends = [(closed, "closed"), (refused, "refused")].filter { $0.0 > 0 }.map { "\($0.1)×\($0.0)" }
        let all = answers + ends
        return all.isEmpty ? "none" : all.joined(separator: " ")
    }
}
