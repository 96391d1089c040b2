import TrickleCore

/// Writes metrics in Prometheus' text format (exposition format 0.0.4).
struct MetricsPage {
    /// Channels that are told of one by one; the totals have them all.
    static let maximumChannelCount = 200

    private(set) var text = ""

    /// - Parameter setupFailureCount: connections that could not be accepted, or not be set up.
    init(
        _ counts: LaneCounts, _ store: StoreReport, _ channels: [ChannelReport], _ census: ConnectionCensus.Report,
        setupFailureCount: Int, viewerCount: Int, rampMetrics: [MetricFamily]
    ) {
        metric("connections", "gauge", "Open connections.", counts.connections)
        metric(
            "client_addresses", "gauge", "Addresses that connections are open for, IPv6 by its /64.", census.clientCount
        )
        metric("channels", "gauge", "Channels.", channels.count)
        metric("subscribers", "gauge", "Readers, those who wait among them.", store.readerCount)
        metric(
            "viewers", "gauge", "Viewers of endless streams, such as /NAME.ts; each is a subscriber, too.", viewerCount)
        metric("memory_bytes", "gauge", "What the kept segments take, and bodies that wait.", store.cost)
        metric("segments_total", "counter", "Segments begun.", store.counts.segments)
        metric("aborted_total", "counter", "Segments that ended as aborted.", store.counts.abortedSegments)
        metric("bytes_in_total", "counter", "Payload bytes published.", store.counts.bytesIn)
        metric("bytes_out_total", "counter", "Bytes of segments sent, framing and all.", counts.total.bytesOut)
        metric("lag_bytes", "gauge", "How far the slowest reader is behind.", counts.total.lag)
        metric("readers_cut_total", "counter", "Readers that the window moved past.", counts.total.readersCut)
        metric(
            "frames_skipped_total", "counter", "Segments that WebSocket viewers were not sent.",
            counts.total.framesSkipped)
        metric("readers_stalled_total", "counter", "Connections cut because they took nothing.", counts.readersStalled)
        metric("event_loop_delay_seconds", "gauge", "How late the event loops were at their last tick.", counts.delay)
        metric(
            "event_loop_delay_max_seconds", "gauge", "The same, the worst since the last scrape.", counts.maximumDelay)
        head("requests_total", "counter", "Requests, by the version of HTTP.")
        for version in ClientIdentity.ProtocolVersion.allCases {
            sample("requests_total", "protocol=\"\(version.rawValue)\"", counts.requests[version] ?? 0)
        }
        head("refusals_total", "counter", "Answers that told of an error.")
        for (refusal, count) in counts.refusals.sorted(by: {
            ($0.key.status, $0.key.reason) < ($1.key.status, $1.key.reason)
        }) {
            sample("refusals_total", "status=\"\(refusal.status)\",reason=\"\(refusal.reason)\"", count)
        }
        metric(
            "connections_turned_away_total", "counter",
            "Connections closed, and proxies' requests refused, because their address had too many.",
            census.turnedAwayCount)
        metric(
            "connections_failed_total", "counter", "Connections that could not be accepted, or not be set up.",
            setupFailureCount)
        for family in rampMetrics {
            head(family.name, family.kind.rawValue, family.help)
            for (thing, value) in family.samples {
                sample(family.name, "\(family.label)=\(JSONText.string(thing))", value)
            }
        }
        perChannel(channels, counts)
    }

    private mutating func perChannel(_ all: [ChannelReport], _ counts: LaneCounts) {
        let busiest = all.sorted { $0.readerCount > $1.readerCount }.prefix(Self.maximumChannelCount)
        let channels = busiest.sorted { $0.name < $1.name }
        each("channel_segments_total", "counter", "Segments begun.", channels) { $0.counts.segments }
        each("channel_aborted_total", "counter", "Segments that ended as aborted.", channels) {
            $0.counts.abortedSegments
        }
        each("channel_bytes_in_total", "counter", "Payload bytes published.", channels) { $0.counts.bytesIn }
        each("channel_subscribers", "gauge", "Readers of the channel.", channels) { $0.readerCount }
        each("channel_kept_segments", "gauge", "Segments in the window.", channels) { $0.keptSegmentCount }
        each("channel_kept_bytes", "gauge", "Payload bytes in the window.", channels) { $0.keptByteCount }
        each("channel_next", "gauge", "The number of the next segment.", channels) { $0.next.value }
        each("channel_bytes_out_total", "counter", "Bytes of segments sent, framing and all.", channels) {
            counts.channels[$0.id]?.bytesOut ?? 0
        }
        each("channel_cut_total", "counter", "Readers that the window moved past.", channels) {
            counts.channels[$0.id]?.readersCut ?? 0
        }
        each("channel_frames_skipped_total", "counter", "Segments that WebSocket viewers were not sent.", channels) {
            counts.channels[$0.id]?.framesSkipped ?? 0
        }
        each("channel_lag_bytes", "gauge", "How far the slowest reader is behind.", channels) {
            counts.channels[$0.id]?.lag ?? 0
        }
    }

    private mutating func each(
        _ name: String, _ kind: String, _ help: String, _ channels: [ChannelReport], _ value: (ChannelReport) -> Int
    ) {
        head(name, kind, help)
        for channel in channels { sample(name, "channel=\(JSONText.string(channel.name.text))", value(channel)) }
    }

    private mutating func metric(_ name: String, _ kind: String, _ help: String, _ value: some CustomStringConvertible)
    {
        head(name, kind, help)
        text += "trickle_\(name) \(value)\n"
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP trickle_\(name) \(help)\n# TYPE trickle_\(name) \(kind)\n"
    }

    private mutating func sample(_ name: String, _ label: String, _ value: Int) {
        text += "trickle_\(name){\(label)} \(value)\n"
    }
}
