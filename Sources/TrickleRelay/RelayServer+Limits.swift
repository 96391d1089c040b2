import TrickleCore

// Limits that change while the relay runs. What is in stays in; what comes from now on meets the new ones.
extension RelayServer {
    /// What is kept, and how much is taken, as it counts now.
    public var limits: RelayLimits { store.limits }

    /// - Parameter limits: Of these, the store's own count. The window of a playlist is what it was when the relay was started.
    public func change(to limits: RelayLimits) {
        store.perform(on: nil) { store, now in store.change(to: limits, now: now) }
    }

    /// Connections from one address; one more gets 429.
    public var connectionsPerAddress: Int {
        get { census.maximumPerAddress }
        set { census.maximumPerAddress = newValue }
    }
}
