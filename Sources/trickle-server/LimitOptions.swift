import ArgumentParser
import CommandFrame
import TrickleRelay

/// How much the relay takes before it says that it is full.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The largest segment; more is answered with 413.", valueName: "bytes"))
    var maxSegment = ByteCountArgument("64MiB")

    @Option(help: ArgumentHelp("Segments of a channel that may be written at once (429).", valueName: "count"))
    var maxOpenSegments = 16

    @Option(help: ArgumentHelp("POSTs of a channel that may wait for their first byte (429).", valueName: "count"))
    var maxPreconnected = 64

    @Option(help: ArgumentHelp("Channels in all (503).", valueName: "count"))
    var maxChannels = 10_000

    @Option(help: ArgumentHelp("Subscribers in all (503).", valueName: "count"))
    var maxSubscribers = 50_000

    @Option(help: ArgumentHelp("Subscribers of one channel (503).", valueName: "count"))
    var maxChannelSubscribers = 50_000

    @Option(help: ArgumentHelp("Connections from one address, of IPv6 from one /64 (429).", valueName: "count"))
    var maxConnectionsPerAddress = 20_000

    @Option(
        help: ArgumentHelp(
            "Proxies, as 10.0.0.0/8,::1: a PROXY header or X-Forwarded-For from there names the client for limits and log.",
            valueName: "addresses"),
        transform: LimitOptions.proxies)
    var trustProxy: TrustedProxies?

    @Option(
        help: ArgumentHelp(
            "What all segments may take; then the client whose segments take most gives way, its oldest first.",
            valueName: "bytes"))
    var memory = ByteCountArgument("1GiB")

    @Option(help: ArgumentHelp("The fields of a request's head, 8KiB to 256KiB (431).", valueName: "bytes"))
    var maxHead = ByteCountArgument("32KiB")

    @Option(help: ArgumentHelp("Fields of a request's head (431).", valueName: "count"))
    var maxHeadFields = 100

    @Option(help: ArgumentHelp("For a request's head, once it has begun (408).", valueName: "time"))
    var headTimeout = DurationArgument("10s")

    @Option(
        help: ArgumentHelp(
            "How long a connection that only reads may stay without a request; one that is new or publishes has --idle-timeout.",
            valueName: "time"))
    var keepAlive = DurationArgument("60s")

    @Option(
        help: ArgumentHelp(
            "How long a subscriber may take for what was sent to it, 128 KiB at most; then it is cut off.",
            valueName: "time"))
    var readerTimeout = DurationArgument("30s")

    @Option(
        help: ArgumentHelp(
            "Answer whoever waits for a segment with 204 after this time, also if it did not ask for that.",
            valueName: "time"))
    var waitTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Commands of --config that run at once; a channel that needs one more waits for it.", valueName: "count"))
    var maxPublisherChildren = 256

    @Option(help: ArgumentHelp("Event loops; each is a thread.", valueName: "count"))
    var threads = 1

    @Sendable private static func proxies(_ text: String) throws -> TrustedProxies {
        TrustedProxies(
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let range = AddressRange(part) else {
                    throw ValidationError(
                        "'\(part)' is no range of addresses: write an IP address, or a range as 10.0.0.0/8 or fd00::/8")
                }
                return range
            })
    }

    func validate() throws {
        let counts = [
            maxOpenSegments, maxPreconnected, maxChannels, maxSubscribers, maxChannelSubscribers,
            maxConnectionsPerAddress, maxHeadFields, maxPublisherChildren, threads,
        ]
        if counts.contains(where: { $0 < 1 }) { throw ValidationError("a limit has to be at least 1") }
        if !(8 << 10...256 << 10).contains(maxHead.byteCount) {
            throw ValidationError("--max-head has to be between 8KiB and 256KiB")
        }
        if threads > RelayConfiguration.maximumThreadCount {
            throw ValidationError("--threads can be \(RelayConfiguration.maximumThreadCount) at most")
        }
    }

    func apply(to configuration: inout RelayConfiguration) {
        configuration.limits.segmentByteCount = maxSegment.byteCount
        configuration.limits.openSegmentCount = maxOpenSegments
        configuration.limits.preconnectedCount = maxPreconnected
        configuration.limits.channelCount = maxChannels
        configuration.limits.readerCount = maxSubscribers
        configuration.limits.readerCountPerChannel = maxChannelSubscribers
        configuration.limits.memoryByteCount = memory.byteCount
        configuration.connectionsPerAddress = maxConnectionsPerAddress
        configuration.proxies = trustProxy ?? TrustedProxies()
        configuration.maximumHeadByteCount = maxHead.byteCount
        configuration.maximumHeadFieldCount = maxHeadFields
        configuration.headTimeout = headTimeout.duration
        configuration.keepAliveTimeout = keepAlive.duration
        configuration.readerTimeout = readerTimeout.duration
        configuration.waitTimeout = waitTimeout?.duration
        configuration.threadCount = threads
    }
}
