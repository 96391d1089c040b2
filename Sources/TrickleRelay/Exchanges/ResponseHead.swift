import TrickleCore

/// Status and fields of an answer, before any framing: each version of HTTP adds its own.
struct ResponseHead {
    var status: Int
    var fields: [HeaderField]
    /// Why the request was refused, as metrics call it; nil where it was not.
    var refusal: String?

    init(status: Int, _ fields: [HeaderField] = []) {
        self.status = status
        self.fields = fields
    }

    init(_ problem: RequestProblem) {
        self.init(status: problem.status, problem.fields)
        refusal = problem.label
        add("Content-Type", "text/plain; charset=utf-8")
        add("Cache-Control", "no-store")
    }

    mutating func add(_ name: String, _ value: some CustomStringConvertible) {
        fields.append(HeaderField(name, value))
    }

    /// Says these in place of fields of the same names.
    mutating func replace(with new: [HeaderField]) {
        fields.removeAll { field in new.contains { $0.name == field.name } }
        fields += new
    }

    /// A browser that shows what a publisher supplied lets it neither run nor be a page of the relay.
    static let sandbox = HeaderField("Content-Security-Policy", "sandbox")
}
