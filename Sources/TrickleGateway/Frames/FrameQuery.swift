import TrickleCore
import TrickleRelay

/// What a viewer of frames, or a publisher, asks for behind the `?`.
struct FrameQuery {
    /// What is wrong with it.
    struct Mistake: Error {
        var line: String
    }

    let publishes: Bool
    let acknowledges: Bool
    let contentType: String?
    let viewing: FrameViewing
    /// What is to be made of a video channel; nil for its segments as they are.
    let product: FrameProduct?

    /// - Throws: ``Mistake``.
    init(_ query: [String: String]) throws(Mistake) {
        publishes = Self.publishes(query)
        acknowledges = try Self.flag("ack", of: query)
        contentType = query["type"]
        var viewing = FrameViewing(hasMeta: try Self.flag("meta", of: query))
        if let text = query["mode"] {
            guard let mode = FrameViewing.Mode(rawValue: text) else { throw Mistake(line: "mode is latest or all") }
            viewing.mode = mode
        }
        switch query["from"] {
        case nil: break
        case "next": viewing.start = .next
        case "current": viewing.start = .current
        case let text?:
            guard let number = SequenceNumber(text) else {
                throw Mistake(line: "from is next, current, or a segment's number")
            }
            viewing.start = .number(number)
        }
        self.viewing = viewing
        product = try Self.product(query)
    }

    private static func product(_ query: [String: String]) throws(Mistake) -> FrameProduct? {
        guard let text = query["frames"] else {
            guard query["fps"] == nil, query["width"] == nil else {
                throw Mistake(line: "fps and width go with frames=webp or frames=jpeg")
            }
            return nil
        }
        let formats: [String: PictureRequest.Format] = ["webp": .webp, "jpeg": .jpg, "jpg": .jpg]
        guard let format = formats[text] else { throw Mistake(line: "frames is webp or jpeg") }
        guard !publishes(query) else { throw Mistake(line: "frames is for viewers") }
        return FrameProduct(
            format: format, rate: try number("fps", of: query, FrameProduct.rates) ?? 10,
            width: try number("width", of: query, FrameProduct.widths))
    }

    private static func number(
        _ name: String, of query: [String: String], _ range: ClosedRange<Int>
    ) throws(Mistake) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Mistake(line: "\(name) is \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// What access is decided by: whatever else is wrong, that has to be right.
    static func publishes(_ query: [String: String]) -> Bool { query["publish"].map { $0 != "0" } ?? false }

    private static func flag(_ name: String, of query: [String: String]) throws(Mistake) -> Bool {
        switch query[name] {
        case nil, "0": return false
        case "1", "": return true
        default: throw Mistake(line: "\(name) is 0 or 1")
        }
    }
}
