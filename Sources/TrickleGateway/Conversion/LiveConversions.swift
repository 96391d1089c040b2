import Logging
import MediaChildren
import TrickleCore
import TrickleRelay

/// What is made of channels at the moment, because somebody watches it.
actor LiveConversions<Product: ConversionProduct> {
    private struct Key: Hashable {
        let channel: ChannelName
        let product: Product
    }

    private let relay: RelayServer
    private let configuration: GatewayConfiguration
    private let children: GatewayChildren
    private let logger: Logger
    private var running: [Key: LiveConversion<Product>] = [:]

    /// - Parameters:
    ///   - configuration: how long they outlast their viewers.
    ///   - children: starts their ffmpegs, as many as may be.
    init(
        on relay: RelayServer, _ configuration: GatewayConfiguration = GatewayConfiguration(),
        children: GatewayChildren, logger: Logger
    ) {
        self.children = children
        self.relay = relay
        self.configuration = configuration
        self.logger = logger
    }

    /// Adds a viewer to what is made of a channel: by the conversion that runs, or a new one.
    ///
    /// - Throws: ``ChildRefusal``; as ``LiveConversion/watch(_:)``.
    func watch(
        _ product: Product, of channel: ChannelName, _ viewer: (any AnyObject & Sendable)? = nil
    ) async throws -> LiveConversion<Product>.Watching {
        let conversion = try conversion(to: product, of: channel)
        do {
            return try await conversion.watch(viewer)
        } catch ConversionRefusal.over {
            await conversion.hasEnded()
            return try await self.conversion(to: product, of: channel).watch(viewer)
        }
    }

    private func conversion(
        to product: Product, of channel: ChannelName
    ) throws(ChildRefusal) -> LiveConversion<Product> {
        let key = Key(channel: channel, product: product)
        if let conversion = running[key] { return conversion }
        let permit = try children.permitNow(for: product.purpose)
        let conversion = LiveConversion(
            of: channel, to: product, on: relay, configuration, children: children, permit, logger: logger
        ) { [weak self] in
            await self?.forget($0)
        }
        running[key] = conversion
        return conversion
    }

    /// How many more watch what is made of a channel than read the channel for it, by channel.
    var viewerSurpluses: [ChannelName: Int] {
        get async {
            var surpluses: [ChannelName: Int] = [:]
            for conversion in Array(running.values) {
                surpluses[conversion.channel, default: 0] +=
                    await conversion.viewerCount - (conversion.isReading ? 1 : 0)
            }
            return surpluses
        }
    }

    /// How many run.
    var count: Int { running.count }

    private func forget(_ conversion: LiveConversion<Product>) {
        let key = Key(channel: conversion.channel, product: conversion.product)
        if running[key] === conversion { running[key] = nil }
    }
}
