/// The map of one program (ISO 13818-1, section 2.4.4.8): its streams, and which of them carries its clock.
public struct ProgramMap: Sendable, Hashable {
    public let programNumber: UInt16
    public let version: UInt8
    /// Carries the program clock references; nil if the program has none.
    public let pcrPID: PID?
    public let streams: [ElementaryStream]

    /// The first video stream.
    public var video: ElementaryStream? { streams.first { $0.codec.kind == .video } }
    /// The first audio stream.
    public var audio: ElementaryStream? { streams.first { $0.codec.kind == .audio } }

    /// nil if it is another table, not valid yet, or does not fit into itself.
    ///
    /// - Parameter section: a whole section whose checksum is right.
    public init?(section: RawSpan) {
        let count = section.byteCount
        guard count >= 16, section.byte(at: 0) == 0x02, section.byte(at: 5) & 1 == 1 else { return nil }
        programNumber = section.word(at: 3)
        version = section.byte(at: 5) >> 1 & 0x1F
        let clock = PID(section.word(at: 8))
        pcrPID = clock == .null ? nil : clock
        let end = count - 4
        let programDescriptorsEnd = 12 + Int(section.word(at: 10) & 0x0FFF)
        guard programDescriptorsEnd <= end else { return nil }
        let registration = DescriptorLoop(section, in: 12..<programDescriptorsEnd).registration
        var streams: [ElementaryStream] = []
        var offset = programDescriptorsEnd
        while offset + 5 <= end {
            let type = section.byte(at: offset)
            let pid = PID(section.word(at: offset + 1))
            let descriptorsEnd = offset + 5 + Int(section.word(at: offset + 3) & 0x0FFF)
            guard descriptorsEnd <= end else { return nil }
            let descriptors = DescriptorLoop(section, in: offset + 5..<descriptorsEnd)
            if pid.isAssignable, !streams.contains(where: { $0.pid == pid }) {
                let codec = Codec(streamType: type, descriptors: descriptors, programRegistration: registration)
                let language = descriptors.language
                streams.append(ElementaryStream(pid: pid, streamType: type, codec: codec, language: language))
            }
            offset = descriptorsEnd
        }
        self.streams = streams
    }
}

/// One stream of a program.
public struct ElementaryStream: Sendable, Hashable {
    public let pid: PID
    /// As ISO 13818-1, table 2-34, and private use have it.
    public let streamType: UInt8
    public let codec: Codec
    /// The ISO 639 code, three letters, where the map gives one.
    public let language: String?
}
