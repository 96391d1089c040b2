/// Compares secrets in a time that does not tell how much of them is alike.
package enum ConstantTime {
    /// Only the lengths show.
    package static func equal(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
