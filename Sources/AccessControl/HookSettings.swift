/// Which program is asked, as a rule says it.
public struct HookSettings: Sendable, Hashable {
    /// `http://` or `https://`.
    public var url: String
    /// How long an answer counts.
    public var cache: Duration

    public init(url: String, cache: Duration = .seconds(10)) {
        self.url = url
        self.cache = cache
    }
}
