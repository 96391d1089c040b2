import ArgumentParser

/// `SOFT:HARD`, or one number for both.
struct ViewerLimits: ExpressibleByArgument {
    let soft: Int
    let hard: Int

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let soft = Int(parts[0]), let hard = Int(parts[parts.count - 1]), 0 < soft, soft <= hard
        else { return nil }
        self.soft = soft
        self.hard = hard
    }
}
