/// A table that lets go of what has not been asked for in the longest time, when it is full.
///
/// It has two halves. When the new one is full it becomes the old one, and what the old one had goes; what is asked for moves to the new one.
struct BoundedTable<Key: Hashable, Value> {
    /// Values that it has at most.
    let capacity: Int
    private var new: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { new.count + old.count }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = new[key] { return value }
            guard let value = old[key] else { return nil }
            self[key] = value
            return value
        }
        set {
            old[key] = nil
            new[key] = newValue
            if new.count >= capacity / 2 { (old, new) = (new, [:]) }
        }
    }
}
