/// A value of a YAML document, and where it stands.
public struct YAMLNode: Sendable {
    public enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the order of the text; no two keys are scalars of the same text.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    public let content: Content
    public let place: YAMLPlace

    public var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    public var sequence: [YAMLNode]? {
        if case .sequence(let list) = content { list } else { nil }
    }

    public var mapping: [(key: YAMLNode, value: YAMLNode)]? {
        if case .mapping(let pairs) = content { pairs } else { nil }
    }
}

/// Where something stands in a text.
public struct YAMLPlace: Equatable, Sendable {
    /// From 1.
    public let line: Int
    /// From 1, in Unicode scalars.
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static let start = YAMLPlace(line: 1, column: 1)
}
