/// A metric that has a value for each of several things, which a label tells apart.
public struct MetricFamily: Sendable {
    public enum Kind: String, Sendable {
        case gauge, counter
    }

    /// Without the prefix `trickle_`.
    let name: String
    let kind: Kind
    /// A sentence.
    let help: String
    let label: String
    let samples: [(thing: String, value: Int)]

    /// - Parameters:
    ///   - name: Without the prefix `trickle_`; a counter's ends in `_total`.
    ///   - help: A sentence.
    ///   - label: What the things are.
    public init(name: String, kind: Kind, help: String, label: String, samples: [(thing: String, value: Int)]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.label = label
        self.samples = samples
    }
}
