import TrickleCore

/// What a player asks of a playlist besides itself: 8216bis, section 6.2.5.
struct PlaylistQuery: Hashable, Sendable {
    /// The answer is to have this segment, or this part of it.
    struct Position: Hashable, Sendable {
        let number: SequenceNumber
        /// nil for the whole segment.
        let part: Int?
    }

    /// nil for the playlist as it is.
    let position: Position?
    /// Segments that the player knows may be left out.
    let skips: Bool

    /// - Throws: ``Malformed``.
    init(_ query: [String: String]) throws(Malformed) {
        let part = try query["_HLS_part"].map { text throws(Malformed) in
            guard let part = SequenceNumber(text) else { throw Malformed(reason: "_HLS_part is no number") }
            return part.value
        }
        if let text = query["_HLS_msn"] {
            guard let number = SequenceNumber(text) else { throw Malformed(reason: "_HLS_msn is no number") }
            position = Position(number: number, part: part)
        } else if part != nil {
            throw Malformed(reason: "_HLS_part needs _HLS_msn")
        } else {
            position = nil
        }
        skips = query["_HLS_skip"] == "YES" || query["_HLS_skip"] == "v2"
    }

    /// What is wrong with the query, in words.
    struct Malformed: Error {
        let reason: String
    }
}
