/// How far two words are from each other.
package enum EditDistance {
    /// The fewest letters to put in, take out or replace that make one word of the other (Levenshtein).
    static func between(_ first: String, _ second: String) -> Int {
        let second = Array(second)
        var row = Array(0...second.count)
        for (index, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in second.indices {
                let replaced = diagonal + (second[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }

    /// The word that was meant, where letters of at most a third of it are wrong; nil where none is near.
    ///
    /// - Parameter typed: At least two letters.
    package static func nearest(to typed: String, among words: [String]) -> String? {
        guard typed.count > 1 else { return nil }
        let distances = words.map { ($0, between(typed.lowercased(), $0)) }
        guard let best = distances.min(by: { $0.1 < $1.1 }) else { return nil }
        return best.1 <= max(1, typed.count / 3) ? best.0 : nil
    }
}
