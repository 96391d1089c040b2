/// What a ``FragmentReader`` found.
public enum FragmentEvent: Equatable, Sendable {
    /// What a player needs before any fragment. Comes once, and first.
    case initialization(Initialization)
    case fragment(Fragment)
}

/// The initialization segment: `ftyp` and `moov` (ISO 14496-12, section 8.16.3.1 of what DASH makes of it).
public struct Initialization: Equatable, Sendable {
    /// All boxes up to the end of `moov`.
    public let bytes: [UInt8]
    public let tracks: [Track]

    /// The codecs of all tracks as a media type's parameter has them (RFC 6381), such as `avc1.64001F,mp4a.40.2`.
    public var codecs: String { tracks.map(\.codec).joined(separator: ",") }
    public var hasVideo: Bool { tracks.contains { $0.kind == .video } }
}

/// A track of the movie box.
public struct Track: Equatable, Sendable {
    public enum Kind: Equatable, Sendable { case video, audio, other }

    public let id: UInt32
    public let kind: Kind
    /// Ticks in a second.
    public let timescale: UInt32
    /// As RFC 6381 has it.
    public let codec: String
    /// Flags of samples that say nothing of their own (`trex`).
    let defaultSampleFlags: UInt32
}

/// One `moof` with its `mdat`, and what stood between the fragment before and it.
public struct Fragment: Equatable, Sendable {
    /// The parts of tracks that it has.
    public struct Part: Equatable, Sendable {
        public let trackID: UInt32
        public let kind: Track.Kind
        /// Of the first sample, in the track's ticks; nil where the fragment does not tell.
        public let decodeTime: UInt64?
        /// Whether decoding can begin at the first sample.
        public let startsWithSyncSample: Bool
    }

    public let bytes: [UInt8]
    public let parts: [Part]

    /// Whether a viewer can begin here: the first picture is a keyframe or, without video in the movie, always.
    ///
    /// - Parameter hasVideo: whether the movie has video: a fragment of sound alone is no place to begin then.
    public func isRandomAccessPoint(hasVideo: Bool) -> Bool {
        if !hasVideo { return !parts.isEmpty }
        return parts.first { $0.kind == .video }?.startsWithSyncSample ?? false
    }
}
