import TrickleCore

/// What the relay is told that an index keeps of segments: it counts as theirs.
///
/// Pure: it collects what is to be told.
package struct IndexCharges: Sendable {
    /// What is told of each segment, with what is to be told.
    private var charged: [SegmentID: Int] = [:]
    private var changes: [SegmentID: Int] = [:]

    /// So many bytes are kept of a segment; of one that has left the relay's window nothing is told.
    package mutating func set(_ byteCount: Int, of id: SegmentID?) {
        guard let id else { return }
        let before = charged.updateValue(byteCount, forKey: id) ?? 0
        if byteCount != before { changes[id, default: 0] += byteCount - before }
    }

    package mutating func forget(_ id: SegmentID) {
        guard let before = charged.removeValue(forKey: id) else { return }
        changes[id, default: 0] -= before
    }

    package mutating func forgetAll() {
        for id in Array(charged.keys) { forget(id) }
    }

    package func byteCount(of id: SegmentID) -> Int { charged[id] ?? 0 }

    /// How many bytes more are kept of each segment than at the last call.
    package mutating func takeChanges() -> [SegmentID: Int] {
        guard !changes.isEmpty else { return [:] }
        defer { changes = [:] }
        return changes.filter { $0.value != 0 }
    }
}
