/// A media playlist as its text says it (RFC 8216, section 4; draft-pantos-hls-rfc8216bis for parts), with what breaks the rules in it.
public struct MediaPlaylistText: Sendable {
    public struct Part: Sendable, Hashable {
        public var uri: String
        public var duration: Double
        public var offset: Int?
        public var byteCount: Int?
        public var isIndependent: Bool
        public var isGap: Bool
    }

    public struct Segment: Sendable, Hashable {
        public var number: Int
        public var uri: String
        public var duration: Double
        public var isDiscontinuous: Bool
        public var isGap: Bool
        public var date: String?
        public var parts: [Part]
    }

    /// The part that comes next.
    public struct Hint: Sendable, Hashable {
        public var uri: String
        public var offset: Int?

        public init(uri: String, offset: Int?) {
            self.uri = uri
            self.offset = offset
        }
    }

    public private(set) var version = 1
    public private(set) var targetDuration = 0
    public private(set) var mediaSequence = 0
    public private(set) var discontinuitySequence = 0
    public private(set) var hasIndependentSegments = false
    public private(set) var isEnded = false
    public private(set) var partTarget: Double?
    public private(set) var serverControl: [String: String] = [:]
    public private(set) var skippedCount = 0
    public private(set) var segments: [Segment] = []
    /// The parts of the segment behind the last one.
    public private(set) var openParts: [Part] = []
    /// Whether the segment behind the last one does not follow on it.
    public private(set) var openIsDiscontinuous = false
    public private(set) var hint: Hint?
    /// What breaks the rules, each with its line.
    public internal(set) var problems: [String] = []

    /// The number of the segment behind the last one.
    public var nextNumber: Int { mediaSequence + skippedCount + segments.count }

    private var seen: Set<String> = []
    private var duration: Double?
    private var isDiscontinuous = false
    private var isGap = false
    private var date: String?
    /// What is being looked at, for the problems.
    var line = ""

    public init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasSuffix("\r") ? String($0.dropLast()) : String($0)
        }
        if lines.first != "#EXTM3U" { problems.append("the first line is not #EXTM3U") }
        if !text.hasSuffix("\n") { problems.append("the last line does not end") }
        for line in lines.dropFirst() where !line.isEmpty {
            self.line = line
            if line.hasPrefix("#EXT") {
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                read(tag: parts[0], value: parts.count > 1 ? parts[1] : "")
            } else if !line.hasPrefix("#") {
                endSegment(uri: line)
            }
        }
        line = "the end"
        openIsDiscontinuous = isDiscontinuous
        check(seen.contains("#EXT-X-TARGETDURATION"), "there is no target duration")
        check(duration == nil, "EXTINF without a segment")
        checkWhole()
    }

    mutating func check(_ isRight: Bool, _ problem: String) {
        if !isRight { problems.append("\(problem): \(line)") }
    }

    /// Tags that say something of the whole playlist, and come once.
    private static let headTags: Set<String> = [
        "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
        "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-SERVER-CONTROL", "#EXT-X-PART-INF", "#EXT-X-SKIP",
    ]

    private mutating func read(tag: String, value: String) {
        if Self.headTags.contains(tag) {
            check(!seen.contains(tag), "comes twice")
            check(segments.isEmpty && openParts.isEmpty && duration == nil, "stands behind a segment")
        }
        check(!isEnded, "stands behind the end")
        seen.insert(tag)
        switch tag {
        case "#EXT-X-VERSION": version = number(value)
        case "#EXT-X-TARGETDURATION": targetDuration = number(value)
        case "#EXT-X-MEDIA-SEQUENCE": mediaSequence = number(value)
        case "#EXT-X-DISCONTINUITY-SEQUENCE": discontinuitySequence = number(value)
        case "#EXT-X-INDEPENDENT-SEGMENTS": hasIndependentSegments = true
        case "#EXT-X-ENDLIST": isEnded = true
        case "#EXT-X-SERVER-CONTROL": serverControl = attributes(value)
        case "#EXT-X-PART-INF":
            let attributes = attributes(value)
            partTarget = attributes["PART-TARGET"].map { decimal($0) }
            check(partTarget != nil, "without PART-TARGET")
        case "#EXT-X-SKIP":
            skippedCount = attributes(value)["SKIPPED-SEGMENTS"].map { number($0) } ?? 0
            check(skippedCount > 0, "skips nothing")
            check(version >= 9, "needs version 9")
        case "#EXTINF":
            check(duration == nil, "comes twice for a segment")
            check(value.contains(","), "has no comma")
            duration = decimal(String(value.prefix { $0 != "," }))
        case "#EXT-X-DISCONTINUITY": isDiscontinuous = true
        case "#EXT-X-GAP": isGap = true
        case "#EXT-X-PROGRAM-DATE-TIME":
            date = value
            let pattern = "dddd-dd-ddTdd:dd:dd.dddZ"
            let fits =
                value.count == pattern.count && zip(value, pattern).allSatisfy { $1 == "d" ? $0.isNumber : $0 == $1 }
            check(fits, "no date as ISO 8601 has it")
        case "#EXT-X-PART": readPart(attributes(value))
        case "#EXT-X-PRELOAD-HINT":
            let attributes = attributes(value)
            check(attributes["TYPE"] == "PART", "another type than PART")
            check(hint == nil, "comes twice")
            hint = attributes["URI"].map { Hint(uri: $0, offset: attributes["BYTERANGE-START"].map { number($0) }) }
            check(hint != nil, "without URI")
        default: check(false, "a tag that is not known here")
        }
    }

    private mutating func readPart(_ attributes: [String: String]) {
        let range = attributes["BYTERANGE"]?.split(separator: "@").map { number(String($0)) }
        check(attributes["URI"] != nil && attributes["DURATION"] != nil, "without URI or DURATION")
        check(range == nil || range?.count == 2, "a byte range without its beginning")
        check(hint == nil, "stands behind the hint of what comes next")
        openParts.append(
            Part(
                uri: attributes["URI"] ?? "", duration: attributes["DURATION"].map { decimal($0) } ?? 0,
                offset: range?.last, byteCount: range?.first, isIndependent: attributes["INDEPENDENT"] == "YES",
                isGap: attributes["GAP"] == "YES"))
    }

    private mutating func endSegment(uri: String) {
        check(duration != nil, "a segment without EXTINF")
        segments.append(
            Segment(
                number: nextNumber, uri: uri, duration: duration ?? 0, isDiscontinuous: isDiscontinuous, isGap: isGap,
                date: date, parts: openParts))
        check(hint == nil, "stands behind the hint of what comes next")
        (duration, isDiscontinuous, isGap, date, openParts) = (nil, false, false, nil, [])
    }

    // MARK: - Values

    private mutating func number(_ text: String) -> Int {
        let value = Int(text)
        check(value != nil && text.allSatisfy(\.isNumber), "'\(text)' is no decimal integer")
        return value ?? 0
    }

    mutating func decimal(_ text: String) -> Double {
        let isDecimal = text.allSatisfy { $0.isNumber || $0 == "." } && text.filter { $0 == "." }.count <= 1
        check(isDecimal && !text.isEmpty, "'\(text)' is no decimal number")
        return Double(text) ?? 0
    }

    /// Section 4.2: names in capitals; values quoted, or without quotes, commas and spaces.
    private mutating func attributes(_ list: String) -> [String: String] {
        var attributes: [String: String] = [:]
        var rest = Substring(list)
        while !rest.isEmpty {
            let name = String(rest.prefix { $0 != "=" })
            rest = rest.dropFirst(name.count + 1)
            check(
                !name.isEmpty && name.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "-" }, "attribute '\(name)'")
            check(attributes[name] == nil, "attribute '\(name)' comes twice")
            if rest.first == "\"" {
                let value = rest.dropFirst().prefix { $0 != "\"" }
                attributes[name] = String(value)
                rest = rest.dropFirst(value.count + 2)
            } else {
                let value = rest.prefix { $0 != "," }
                check(!value.isEmpty && !value.contains(" ") && !value.contains("\""), "the value of '\(name)'")
                attributes[name] = String(value)
                rest = rest.dropFirst(value.count)
            }
            check(rest.isEmpty || rest.first == ",", "no comma behind '\(name)'")
            rest = rest.dropFirst()
        }
        return attributes
    }
}
