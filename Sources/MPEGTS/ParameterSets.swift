/// The parameter sets that came last in a stream, as they came, to be repeated before a random access point that has
/// none.
struct ParameterSets {
    /// What goes beyond is not kept.
    static let maximumByteCount = 8 << 10

    /// Units with their start codes.
    private(set) var bytes: [UInt8] = []
    /// The same without start codes, to be looked up: a stream may repeat them thousands of times in a picture.
    private var units: Set<[UInt8]> = []
    /// Whether sequence parameter sets came in the access unit that is being looked at.
    private(set) var isInAccessUnit = false

    /// What they take of memory besides their own fields, in bytes.
    var storageByteCount: Int {
        // Each unit has a buffer of its own.
        bytes.storageByteCount + bytes.count + units.capacity * 16 + units.count * 48
    }

    mutating func beginAccessUnit() {
        isInAccessUnit = false
    }

    /// Keeps a unit. The first of an access unit that is for the sequence replaces all that came before.
    mutating func add(_ unit: [UInt8], isForSequence: Bool) {
        if isForSequence, !isInAccessUnit {
            isInAccessUnit = true
            bytes.removeAll(keepingCapacity: true)
            units.removeAll(keepingCapacity: true)
        }
        guard bytes.count + unit.count + 4 <= Self.maximumByteCount, units.insert(unit).inserted else { return }
        bytes.append(contentsOf: [0, 0, 0, 1])
        bytes.append(contentsOf: unit)
    }
}
