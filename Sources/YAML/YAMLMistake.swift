/// Why a text is no YAML document.
public enum YAMLMistake: Error, Equatable {
    /// What the parser says of it.
    case syntax(problem: String, YAMLPlace)
    /// A mapping has these keys more than once. The place is where the first of them stands first.
    case repeatedKeys([String], YAMLPlace)
    /// Lists and mappings are in one another, more than ``YAMLNode/maximumDepth`` of them.
    case tooDeep(YAMLPlace)
}
