/// Looks at the first access unit that begins in a PES packet, and says whether decoding can begin there.
///
/// Fed with the elementary stream in any pieces: start codes and units may span them. It is done at the first slice or
/// picture header that decides; what a PES packet holds of the access unit before counts for nothing.
struct AccessUnitScanner {
    /// How the stream is made up of units after start codes.
    enum Syntax {
        case h264, hevc, vvc, mpegVideo, mpeg4Visual

        /// nil for codecs whose random access points this package does not find.
        init?(_ codec: Codec) {
            switch codec {
            case .h264: self = .h264
            case .hevc: self = .hevc
            case .vvc: self = .vvc
            case .mpeg1Video, .mpeg2Video: self = .mpegVideo
            case .mpeg4Visual: self = .mpeg4Visual
            default: return nil
            }
        }

        /// Whether 0, 0, 3 stands for 0, 0 in a unit.
        var hasEmulationPrevention: Bool { self == .h264 || self == .hevc || self == .vvc }
    }

    enum Verdict: Hashable {
        case undecided
        case randomAccessPoint(RandomAccessPoint)
        /// H.264: parameter sets and an I picture, which may have pictures behind it that refer to what is before.
        case unannouncedIntra
        case ordinary
    }

    /// What of a unit is kept in ``kept``.
    enum Keeping {
        case nothing
        /// All of it, as it came; at most ``ParameterSets/maximumByteCount``.
        case parameterSet(isForSequence: Bool)
        /// Its first bytes, without emulation prevention.
        case sliceHeader
    }

    let syntax: Syntax

    /// Zero bytes in a row just now, at most 2.
    private var zeroCount = 0
    var isInUnit = false
    /// Bytes of the unit so far, emulation prevention not counted.
    var unitByteCount = 0
    /// The first four bytes of the unit, the last of them in the lowest place.
    var unitHead: UInt32 = 0
    /// Whether the unit's start code is the first thing in the PES packet.
    private var unitLeadsPacket = false
    /// Bytes of the PES packet so far.
    private var packetByteCount = 0
    var keeping = Keeping.nothing
    var kept: [UInt8] = []
    var sei = SEIReader()

    /// Whether a unit has come that only stands before the slices of an access unit.
    var hasBegunAccessUnit = false
    var hasRecoveryPoint = false
    /// MPEG video: whether a sequence header has come, or a video object layer.
    var hasConfiguration = false
    /// MPEG video: the picture size that the last sequence header tells.
    var size: (width: Int, height: Int)?
    private(set) var parameterSets = ParameterSets()
    /// H.264: the last sequence parameter set.
    var sequence: H264SequenceParameterSet?
    /// H.264: the first field of a frame that is a random access point, directly before this picture.
    var firstField: H264SequenceParameterSet.Field?

    init(syntax: Syntax) {
        self.syntax = syntax
    }

    /// Whether a decoder that has seen nothing but what came here can begin with such an access unit.
    func canBegin(with verdict: Verdict) -> Bool {
        switch verdict {
        case .undecided, .ordinary: false
        case .randomAccessPoint, .unannouncedIntra: !syntax.hasEmulationPrevention || !parameterSets.bytes.isEmpty
        }
    }

    /// A PES packet begins; if `continuing`, the access unit that the last one began has had no slice yet.
    mutating func beginPacket(continuing: Bool) {
        packetByteCount = 0
        guard !continuing else { return }
        skip()
        hasBegunAccessUnit = false
        hasRecoveryPoint = false
        hasConfiguration = false
        parameterSets.beginAccessUnit()
    }

    /// Bytes were lost here.
    mutating func skip() {
        zeroCount = 0
        isInUnit = false
        keeping = .nothing
    }

    /// The PES packet has ended.
    mutating func endPacket() -> Verdict {
        if case .sliceHeader = keeping { decideH264() } else { .undecided }
    }

    /// The next bytes of the elementary stream.
    mutating func scan(_ bytes: RawSpan) -> Verdict {
        var offset = 0
        while offset < bytes.byteCount {
            offset = pass(bytes, from: offset)
            guard offset < bytes.byteCount else { break }
            let verdict = scan(bytes.byte(at: offset))
            if verdict != .undecided { return verdict }
            offset += 1
        }
        return .undecided
    }

    /// Passes over bytes that say nothing, up to the next zero: between units, and in the payload of a message, such as what an encoder tells
    /// of its settings at each random access point.
    ///
    /// - Returns: where to go on.
    private mutating func pass(_ bytes: RawSpan, from start: Int) -> Int {
        guard zeroCount == 0, !isInUnit || isInMessage else { return start }
        let end = isInUnit ? min(bytes.byteCount, start + sei.payloadRest) : bytes.byteCount
        var offset = start
        while offset < end, bytes.byte(at: offset) != 0 { offset += 1 }
        let count = offset - start
        packetByteCount += count
        if isInUnit, count > 0 {
            unitByteCount += count
            sei.pass(count)
        }
        return offset
    }

    /// Whether the next bytes are of an H.264 message, of whose unit enough has come.
    private var isInMessage: Bool { syntax == .h264 && unitByteCount >= 4 && unitHead >> 24 & 0x1F == 6 }

    private mutating func scan(_ byte: UInt8) -> Verdict {
        packetByteCount += 1
        if byte == 1, zeroCount == 2 { return beginUnit() }
        let isEmulationPrevention = byte == 3 && zeroCount == 2 && syntax.hasEmulationPrevention
        // The first byte after a start code is the unit's type, also where it is 0.
        zeroCount = byte == 0 && !(isInUnit && unitByteCount == 0) ? min(zeroCount + 1, 2) : 0
        guard isInUnit else { return .undecided }
        if case .parameterSet = keeping, kept.count < ParameterSets.maximumByteCount { kept.append(byte) }
        guard !isEmulationPrevention else { return .undecided }
        unitByteCount += 1
        if unitByteCount <= 4 { unitHead = unitHead << 8 | UInt32(byte) }
        return switch syntax {
        case .h264: scanH264(byte)
        case .hevc: scanHEVC(byte)
        case .vvc: scanVVC(byte)
        case .mpegVideo: scanMPEGVideo(byte)
        case .mpeg4Visual: scanMPEG4Visual(byte)
        }
    }

    private mutating func beginUnit() -> Verdict {
        let verdict = endUnit()
        zeroCount = 0
        isInUnit = true
        unitByteCount = 0
        unitHead = 0
        unitLeadsPacket = packetByteCount <= 4
        return verdict
    }

    private mutating func endUnit() -> Verdict {
        defer { keeping = .nothing }
        switch keeping {
        case .nothing: return .undecided
        case .sliceHeader: return decideH264()
        case .parameterSet(let isForSequence):
            while kept.last == 0 { kept.removeLast() }
            parameterSets.add(kept, isForSequence: isForSequence)
            if syntax == .h264, isForSequence { sequence = H264SequenceParameterSet(unit: kept) ?? sequence }
            return .undecided
        }
    }

    /// The unit is of no more interest.
    mutating func skipUnit() -> Verdict {
        isInUnit = false
        return .undecided
    }

    /// A unit that only stands before slices.
    mutating func beginAccessUnit() -> Verdict {
        hasBegunAccessUnit = true
        return skipUnit()
    }

    /// Keeps the unit, whose first bytes have been read, as a parameter set.
    mutating func keepParameterSet(_ first: UInt8, _ second: UInt8? = nil, isForSequence: Bool) -> Verdict {
        hasBegunAccessUnit = true
        keeping = .parameterSet(isForSequence: isForSequence)
        kept.removeAll(keepingCapacity: true)
        kept.append(first)
        if let second { kept.append(second) }
        return .undecided
    }

    /// A slice that is not the first of its picture. Where the PES packet begins with it, none of the following is
    /// expected to begin another.
    mutating func continuePicture() -> Verdict {
        unitLeadsPacket ? .ordinary : skipUnit()
    }
}
