import CYAML

/// What libyaml finds in a text, one thing after the other.
final class YAMLEvents {
    struct Event {
        let kind: Kind
        /// The name that it is given: `&name`.
        let anchor: String?
        let place: YAMLPlace
        /// Whether a document begins here.
        let beginsDocument: Bool
    }

    enum Kind: Equatable {
        case alias(String)
        case scalar(YAMLScalar)
        case sequenceStart, mappingStart
        /// Of a list or a mapping.
        case end
        /// The beginning of the stream, or the beginning or end of a document.
        case boundary
        case streamEnd
    }

    /// libyaml keeps pointers into it.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let text: UnsafeBufferPointer<UInt8>

    /// - Parameter text: UTF-8, which has to stay while this is used.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        parser.initialize(to: yaml_parser_t())
        precondition(yaml_parser_initialize(parser) == 1, "there is no memory for a parser")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// - Precondition: The end of the stream has not come yet.
    func next() throws(YAMLMistake) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw mistake }
        defer { yaml_event_delete(&event) }
        let (kind, anchor) = Self.kind(of: event)
        return Event(
            kind: kind, anchor: anchor, place: YAMLPlace(event.start_mark),
            beginsDocument: event.type == YAML_DOCUMENT_START_EVENT)
    }

    private static func kind(of event: yaml_event_t) -> (Kind, anchor: String?) {
        switch event.type {
        case YAML_ALIAS_EVENT: return (.alias(string(event.data.alias.anchor) ?? ""), nil)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isText = scalar.quoted_implicit != 0 || string(scalar.tag) == "tag:yaml.org,2002:str"
            return (
                .scalar(
                    YAMLScalar(
                        text: String(decoding: bytes, as: UTF8.self),
                        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, isText: isText)),
                string(scalar.anchor)
            )
        case YAML_SEQUENCE_START_EVENT: return (.sequenceStart, string(event.data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT: return (.mappingStart, string(event.data.mapping_start.anchor))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return (.end, nil)
        case YAML_STREAM_END_EVENT: return (.streamEnd, nil)
        default: return (.boundary, nil)
        }
    }

    private static func string(_ bytes: UnsafeMutablePointer<UInt8>?) -> String? {
        bytes.map { String(cString: $0) }
    }

    /// Why the parser has stopped.
    private var mistake: YAMLMistake {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "there is no memory for it"
        // What is no character has no mark: the text before it is not looked at yet.
        guard parser.pointee.error == YAML_READER_ERROR else {
            return .syntax(problem: problem, YAMLPlace(parser.pointee.problem_mark))
        }
        let before = String(decoding: text.prefix(parser.pointee.problem_offset), as: UTF8.self).unicodeScalars
        let lineStart = before.lastIndex(of: "\n").map(before.index(after:)) ?? before.startIndex
        return .syntax(
            problem: problem,
            YAMLPlace(line: before.count { $0 == "\n" } + 1, column: before[lineStart...].count + 1))
    }
}

extension YAMLPlace {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
