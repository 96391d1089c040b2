import TrickleRelay

/// What the query of a body without an end asks for.
struct LiveRequest: Equatable {
    /// `?replace=1`: whether another that publishes the channel is pushed aside.
    var replaces = false
    /// `?keep-open=1`: whether the channel stays open when the body has ended.
    var keepsOpen = false
    /// `?parts=1`: whether the stream comes in several requests, one behind the other.
    var isPart = false
    /// `?pace=none` clears it: whether what comes faster than it plays is held back.
    var isPaced = true

    /// One line: what the query should say instead.
    struct Mistake: Error, Equatable {
        let reason: String
    }

    init(_ query: [String: String]) throws(Mistake) {
        if let text = query["replace"] { replaces = try Self.flag(text, "replace") }
        if let text = query["keep-open"] { keepsOpen = try Self.flag(text, "keep-open") }
        if let text = query["parts"] { isPart = try Self.flag(text, "parts") }
        switch query["pace"] {
        case nil, "clock": break
        case "none": isPaced = false
        case .some: throw Mistake(reason: "pace is 'clock' or 'none'")
        }
    }

    private static func flag(_ text: String, _ name: String) throws(Mistake) -> Bool {
        switch text {
        case "1", "": true
        case "0": false
        case _: throw Mistake(reason: "\(name) is 1 or 0")
        }
    }
}
