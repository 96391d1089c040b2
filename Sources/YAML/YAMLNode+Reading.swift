extension YAMLNode {
    /// Lists and mappings in one another are refused when they are more: 100.
    public static let maximumDepth = 100

    /// Reads a text that has one document at most.
    ///
    /// - Returns: The document's root; nil where there is none.
    public static func read(_ text: String) throws(YAMLMistake) -> YAMLNode? {
        try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(YAMLMistake) in
            var composer = YAMLComposer(YAMLEvents(bytes))
            return try composer.root()
        }
    }
}

/// Makes nodes of what the parser finds.
private struct YAMLComposer {
    private let events: YAMLEvents
    /// What has a name (`&name`) so far. A later one takes the name over.
    private var named: [String: YAMLNode] = [:]
    private var depth = 0

    init(_ events: YAMLEvents) { self.events = events }

    mutating func root() throws(YAMLMistake) -> YAMLNode? {
        while true {
            let event = try events.next()
            switch event.kind {
            case .streamEnd: return nil
            case .boundary: continue
            default: return try only(node(from: event))
            }
        }
    }

    /// - Parameter root: The document that has been read.
    private func only(_ root: YAMLNode) throws(YAMLMistake) -> YAMLNode {
        while true {
            let event = try events.next()
            switch event.kind {
            case .streamEnd: return root
            case .boundary where !event.beginsDocument: continue
            default: throw .syntax(problem: "a second document begins here", event.place)
            }
        }
    }

    private mutating func node(from event: YAMLEvents.Event) throws(YAMLMistake) -> YAMLNode {
        let content: YAMLNode.Content
        switch event.kind {
        case .alias(let name):
            if let node = named[name] { return node }
            throw .syntax(problem: "there is no '&\(name)' before '*\(name)'", event.place)
        case .scalar(let scalar): content = .scalar(scalar)
        case .sequenceStart, .mappingStart:
            depth += 1
            defer { depth -= 1 }
            if depth > YAMLNode.maximumDepth { throw .tooDeep(event.place) }
            content = event.kind == .sequenceStart ? .sequence(try list()) : .mapping(try pairs())
        case .streamEnd, .boundary, .end: preconditionFailure("libyaml ends what it has begun")
        }
        let node = YAMLNode(content: content, place: event.place)
        if let name = event.anchor { named[name] = node }
        return node
    }

    private mutating func list() throws(YAMLMistake) -> [YAMLNode] {
        var list: [YAMLNode] = []
        while case let event = try events.next(), event.kind != .end { list.append(try node(from: event)) }
        return list
    }

    private mutating func pairs() throws(YAMLMistake) -> [(key: YAMLNode, value: YAMLNode)] {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        while case let event = try events.next(), event.kind != .end {
            let key = try node(from: event)
            pairs.append((key, try node(from: events.next())))
        }
        try Self.refuseRepeated(pairs.map(\.key))
        return pairs
    }

    private static func refuseRepeated(_ keys: [YAMLNode]) throws(YAMLMistake) {
        var places: [String: YAMLPlace] = [:]
        var repeated: Set<String> = []
        for key in keys {
            guard let text = key.scalar?.text else { continue }
            if places[text] == nil { places[text] = key.place } else { repeated.insert(text) }
        }
        let names = repeated.sorted()
        guard let first = names.first, let place = places[first] else { return }
        throw .repeatedKeys(names, place)
    }
}
