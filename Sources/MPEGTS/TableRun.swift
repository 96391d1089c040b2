/// Packets of tables, one directly after the other, that may become the beginning of a segment.
struct TableRun {
    /// Where its first packet stands; nil when the last packet was no table.
    private(set) var start: Int?
    var isOpen: Bool { start != nil }
    /// Counts runs, so that a table can remember which it came in.
    private(set) var number = 0
    /// Whether the run begins with a whole program association table.
    var associationIsComplete = false

    /// A table packet stands at `position`. A program association table that begins before the run has a whole one
    /// begins the run anew.
    mutating func extend(to position: Int, beginsAssociation: Bool) {
        guard start == nil || beginsAssociation && !associationIsComplete else { return }
        start = position
        number += 1
        associationIsComplete = false
    }

    mutating func end() {
        start = nil
        associationIsComplete = false
    }

    /// Whether a table that begins at `position` is in the run as a whole.
    func contains(_ position: Int) -> Bool {
        start.map { position >= $0 } ?? false
    }
}
