import CommandFrame

/// Publishes what is announced, until a stop is asked for: what `publish-live` and its kin have in common.
public struct LiveService: Sendable {
    private let options: HookOptions
    private let relay: RelayOptions
    private let ignoredSuffix: String?

    /// - Parameter ignoredSuffix: Names with this ending are not published.
    public init(_ options: HookOptions, relay: RelayOptions, ignoredSuffix: String? = nil) {
        self.options = options
        self.relay = relay
        self.ignoredSuffix = ignoredSuffix
    }

    /// - Parameter besides: Runs at the same time, until the stop, too.
    /// - Throws: ``ToolFailure``; what `besides` throws.
    public func run(
        _ session: ToolSession, besides: @Sendable () async throws -> Void = {}
    ) async throws {
        let streams = options.streams(ignoredSuffix: ignoredSuffix, relay: relay, session)
        let server = try await HookServer.start(
            at: options.hook, LiveHook(streams, access: options.access), logger: session.logger)
        session.logger.notice("takes announcements at http://\(options.hook.urlHost):\(server.port)/NAME")
        do {
            try await besides()
            await session.stop.wait()
        } catch {
            await server.stop()
            await streams.endAll()
            throw error
        }
        await server.stop()
        await streams.endAll()
    }
}
