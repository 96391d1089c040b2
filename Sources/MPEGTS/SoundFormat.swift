/// What a decoder of AAC is set up with: when it changes, players have to begin anew.
public struct SoundFormat: Sendable, Hashable {
    /// The audio object type less one (ISO 13818-7, section 6.2).
    public let profile: Int
    /// The place in the table of sampling frequencies.
    public let frequencyIndex: Int
    public let channelConfiguration: Int

    /// - Parameter packet: one in which a PES packet begins.
    /// - Returns: nil for other codecs than AAC with ADTS headers, and where no frame begins with the PES packet.
    init?(_ codec: Codec, packet: RawSpan, header: PacketHeader) {
        guard codec == .aac, header.transportScramblingControl == 0 else { return nil }
        let payload = packet.extracting(header.payloadOffset..<packet.byteCount)
        guard case .header(let pes) = PESHeader.read(payload), pes.size + 4 <= payload.byteCount else { return nil }
        let frame = payload.extracting(pes.size..<payload.byteCount)
        guard codec.beginsFrame(frame) else { return nil }
        let word = frame.word(at: 2)
        profile = Int(word >> 14)
        frequencyIndex = Int(word >> 10 & 0x0F)
        channelConfiguration = Int(word >> 6 & 0x07)
    }
}
