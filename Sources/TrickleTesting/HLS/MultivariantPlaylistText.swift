/// A multivariant playlist as a player reads it, and what is wrong with it by RFC 8216, section 4.3.4.
public struct MultivariantPlaylistText: Sendable {
    public struct Variant: Sendable, Hashable {
        public let uri: String
        /// Bits a second.
        public let bandwidth: Int
        public let averageBandwidth: Int?
        public let codecs: [String]
        public let resolution: String?
        public let frameRate: Double?
    }

    public private(set) var variants: [Variant] = []
    public private(set) var hasIndependentSegments = false
    public private(set) var problems: [String] = []

    public init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.first != "#EXTM3U" { problems.append("the first line is not #EXTM3U") }
        if lines.last != "" { problems.append("the last line does not end") }
        var attributes: [String: String]?
        for line in lines.dropFirst() where !line.isEmpty {
            if let list = line.firstMatch(of: /^#EXT-X-STREAM-INF:(.*)$/)?.output.1 {
                if attributes != nil { problems.append("a variant without a URI") }
                attributes = self.attributes(String(list))
            } else if line == "#EXT-X-INDEPENDENT-SEGMENTS" {
                hasIndependentSegments = true
            } else if line.hasPrefix("#EXT-X-VERSION:") {
                if Int(line.dropFirst(15)) == nil { problems.append("no version: \(line)") }
            } else if line.hasPrefix("#EXT") {
                problems.append("a tag of another kind of playlist: \(line)")
            } else if !line.hasPrefix("#") {
                if let attributes { add(line, attributes) } else { problems.append("a URI without a variant: \(line)") }
                attributes = nil
            }
        }
        if attributes != nil { problems.append("a variant without a URI") }
        if variants.isEmpty { problems.append("no variant") }
    }

    private mutating func add(_ uri: String, _ attributes: [String: String]) {
        guard let bandwidth = attributes["BANDWIDTH"].flatMap({ Int($0) }), bandwidth > 0 else {
            return problems.append("BANDWIDTH is no positive integer")
        }
        let average = attributes["AVERAGE-BANDWIDTH"].flatMap { Int($0) }
        if let average, average > bandwidth { problems.append("AVERAGE-BANDWIDTH is more than BANDWIDTH") }
        if attributes["AVERAGE-BANDWIDTH"] != nil, average == nil { problems.append("AVERAGE-BANDWIDTH is no integer") }
        let resolution = attributes["RESOLUTION"]
        if let resolution, resolution.wholeMatch(of: /[1-9][0-9]*x[1-9][0-9]*/) == nil {
            problems.append("RESOLUTION is \(resolution)")
        }
        let frameRate = attributes["FRAME-RATE"]
        if let frameRate, frameRate.wholeMatch(of: /[0-9]+(\.[0-9]{1,3})?/) == nil {
            problems.append("FRAME-RATE is \(frameRate)")
        }
        let codecs = attributes["CODECS"].map { $0.split(separator: ",").map(String.init) } ?? []
        for codec in codecs where codec.wholeMatch(of: /[A-Za-z0-9-]+(\.[A-Za-z0-9]+)*/) == nil {
            problems.append("CODECS has '\(codec)'")
        }
        variants.append(
            Variant(
                uri: uri, bandwidth: bandwidth, averageBandwidth: average, codecs: codecs, resolution: resolution,
                frameRate: frameRate.flatMap { Double($0) }))
    }

    /// Section 4.2: names are upper-case, and no name comes twice.
    private mutating func attributes(_ list: String) -> [String: String] {
        var attributes: [String: String] = [:]
        var rest = list[...]
        while let match = rest.prefixMatch(of: /([A-Z0-9-]+)=("[^"\n]*"|[^",]+)(,|$)/) {
            let (_, name, value, _) = match.output
            let isQuoted = value.hasPrefix("\"")
            if isQuoted != (name == "CODECS") { problems.append("\(name) is \(isQuoted ? "" : "not ")quoted") }
            let known = attributes.updateValue(
                isQuoted ? String(value.dropFirst().dropLast()) : String(value), forKey: String(name))
            if known != nil { problems.append("\(name) comes twice") }
            rest = rest[match.range.upperBound...]
        }
        if !rest.isEmpty { problems.append("no list of attributes: \(list)") }
        return attributes
    }
}
