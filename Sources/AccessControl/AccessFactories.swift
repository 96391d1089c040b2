/// What makes of a file's words what checks tokens, and what asks hooks.
///
/// An error says why that cannot be: it becomes a mistake at the rule's place.
public struct AccessFactories: Sendable {
    public var verifier: @Sendable (JWTSettings) throws -> any TokenVerifier
    public var hook: @Sendable (HookSettings) throws -> any HookAsking

    public init(
        verifier: @escaping @Sendable (JWTSettings) throws -> any TokenVerifier,
        hook: @escaping @Sendable (HookSettings) throws -> any HookAsking
    ) {
        self.verifier = verifier
        self.hook = hook
    }
}
