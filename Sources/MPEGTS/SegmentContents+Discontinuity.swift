extension SegmentContents {
    /// Whether a packet of each of the program's streams has come.
    public var hasSeenAllStreams: Bool { program?.streams.allSatisfy { firstCounters[$0.pid] != nil } ?? false }

    /// For each PID that has come, a packet that says that its continuity counter, and the clock, jump to where the segment begins
    /// (ISO 13818-1, section 2.4.3.5): for a viewer to whom the segment does not follow on what it has got.
    public var discontinuityPackets: [UInt8] {
        firstCounters.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { pid, counter in
            AddedPackets.discontinuity(pid, before: counter)
        }
    }
}
