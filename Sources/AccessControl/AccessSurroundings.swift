/// What rules use that stays when they are replaced.
struct AccessSurroundings: Sendable {
    let clock: AccessClock
    let failures = FailureCounts()
    let passwords = PasswordQueue()
    /// How many are remembered who have shown who they are.
    let standingCount: Int
}
