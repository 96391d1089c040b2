/// Splits fragmented MP4, cut anywhere, into its initialization segment and its fragments (ISO 14496-12).
///
///     ftyp  moov │ [prft styp …] moof  mdat │ moof  mdat │ …
///     initialization      fragment             fragment
///
/// Boxes that stand before a `moof` belong to its fragment. What comes after the last `mdat`, such as `mfra`, is dropped.
public struct FragmentReader: Sendable {
    /// More before the end of `moov` is no initialization segment.
    public static let maximumInitializationByteCount = 1 << 20
    /// More than that is no fragment for live viewers: 32 MiB.
    public static let maximumFragmentByteCount = 32 << 20

    private enum Place {
        case initialization
        /// Before `moof`.
        case fragmentHead
        /// Behind `moof`, whose parts are known.
        case fragmentData([Fragment.Part])
    }

    private var place = Place.initialization
    /// What has come of the initialization segment or the fragment in hand.
    private var bytes: [UInt8] = []
    /// How many of them are whole boxes.
    private var boxedByteCount = 0
    private var tracks: [Track] = []

    public init() {}

    /// Takes the next bytes.
    ///
    /// - Throws: ``FragmentedMP4Error``; there is no use in going on after it.
    public mutating func receive(
        _ piece: some Collection<UInt8>, _ deliver: (FragmentEvent) -> Void
    ) throws(FragmentedMP4Error) {
        bytes.append(contentsOf: piece)
        while let header = try BoxHeader(bytes[boxedByteCount...]) {
            let end = boxedByteCount + header.byteCount
            let maximum =
                if case .initialization = place { Self.maximumInitializationByteCount } else {
                    Self.maximumFragmentByteCount
                }
            guard end <= maximum else {
                throw FragmentedMP4Error("box '\(header.type)' makes more than \(maximum) bytes")
            }
            guard end <= bytes.count else { return }
            let payload = bytes[boxedByteCount + header.headerByteCount..<end]
            boxedByteCount = end
            if let event = try take(Box(type: header.type, payload: payload)) {
                bytes.removeFirst(end)
                boxedByteCount = 0
                deliver(event)
            }
        }
    }

    /// - Returns: what the box completes.
    private mutating func take(_ box: Box) throws(FragmentedMP4Error) -> FragmentEvent? {
        switch (place, box.type) {
        case (.initialization, "moov"):
            tracks = try Track.all(inMovie: box)
            guard !tracks.isEmpty else { throw FragmentedMP4Error("the movie has no track") }
            place = .fragmentHead
            return .initialization(Initialization(bytes: Array(bytes[..<boxedByteCount]), tracks: tracks))
        case (.initialization, "moof"), (.initialization, "mdat"):
            throw FragmentedMP4Error("'\(box.type)' comes before 'moov'")
        case (.fragmentHead, "moof"):
            place = .fragmentData(try Fragment.Part.all(inFragment: box, of: tracks))
            return nil
        case (.fragmentHead, "mdat"): throw FragmentedMP4Error("'mdat' comes without 'moof'")
        case (.fragmentHead, "mfra"):
            bytes.removeSubrange(..<boxedByteCount)
            boxedByteCount = 0
            return nil
        case (.fragmentData(let parts), "mdat"):
            place = .fragmentHead
            return .fragment(Fragment(bytes: Array(bytes[..<boxedByteCount]), parts: parts))
        case (_, "moov"): throw FragmentedMP4Error("a second 'moov' comes")
        case (.fragmentData, "moof"): throw FragmentedMP4Error("a second 'moof' comes before 'mdat'")
        default: return nil
        }
    }
}

extension Fragment.Part {
    /// What a `moof` says of its tracks (sections 8.8.6 to 8.8.12).
    static func all(inFragment box: Box, of tracks: [Track]) throws(FragmentedMP4Error) -> [Fragment.Part] {
        var parts: [Fragment.Part] = []
        for child in try box.children() where child.type == "traf" {
            guard let part = try Self(child, of: tracks) else { continue }
            parts.append(part)
        }
        return parts
    }

    /// - Returns: nil where it has no sample.
    private init?(_ box: Box, of tracks: [Track]) throws(FragmentedMP4Error) {
        let children = try box.children()
        guard let head = children.first(where: { $0.type == "tfhd" }) else {
            throw FragmentedMP4Error("'traf' has no 'tfhd'")
        }
        var (_, headFlags, reader) = try head.fullBox()
        let id = UInt32(try reader.integer(4))
        guard let track = tracks.first(where: { $0.id == id }) else {
            throw FragmentedMP4Error("a fragment is of track \(id), which the movie does not have")
        }
        // base-data-offset, sample-description-index, default-sample-duration and -size come before the flags.
        for (flag, byteCount) in [(0x01, 8), (0x02, 4), (0x08, 4), (0x10, 4)] where headFlags & UInt32(flag) != 0 {
            try reader.skip(byteCount)
        }
        let defaultFlags = headFlags & 0x20 != 0 ? UInt32(try reader.integer(4)) : track.defaultSampleFlags
        var time: UInt64?
        if let box = children.first(where: { $0.type == "tfdt" }) {
            var (version, _, reader) = try box.fullBox()
            time = try reader.integer(version == 1 ? 8 : 4)
        }
        guard let flags = try Self.firstSampleFlags(children, defaultFlags) else { return nil }
        // sample_is_non_sync_sample (section 8.8.3.1). Every sample of sound is one to begin with.
        let isSync = track.kind == .audio || flags & 0x0001_0000 == 0
        self.init(trackID: id, kind: track.kind, decodeTime: time, startsWithSyncSample: isSync)
    }

    /// - Returns: nil where no run has a sample.
    private static func firstSampleFlags(_ boxes: [Box], _ defaultFlags: UInt32) throws(FragmentedMP4Error) -> UInt32? {
        for run in boxes where run.type == "trun" {
            var (_, flags, reader) = try run.fullBox()
            guard try reader.integer(4) > 0 else { continue }
            if flags & 0x01 != 0 { try reader.skip(4) }
            if flags & 0x04 != 0 { return UInt32(try reader.integer(4)) }
            guard flags & 0x400 != 0 else { return defaultFlags }
            for flag: UInt32 in [0x100, 0x200] where flags & flag != 0 { try reader.skip(4) }
            return UInt32(try reader.integer(4))
        }
        return nil
    }
}
