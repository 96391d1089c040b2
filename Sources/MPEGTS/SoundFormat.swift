/// What a decoder of sound is set up with: when it changes, players have to begin anew.
public struct SoundFormat: Sendable, Hashable {
    /// What the `codecs` parameter of a media type says (RFC 6381, section 3.3): `mp4a.40.2`.
    public let codecParameter: String
    /// The bits of a frame's header that say how it is made: profile, sampling frequency, channels.
    let header: UInt16

    /// - Parameter packet: one in which a PES packet begins.
    /// - Returns: nil for other codecs than AAC with ADTS headers and MPEG audio, and where no frame begins with the PES packet.
    init?(_ codec: Codec, packet: RawSpan, header: PacketHeader) {
        guard codec == .aac || codec == .mpegAudio, header.transportScramblingControl == 0 else { return nil }
        let payload = packet.extracting(header.payloadOffset..<packet.byteCount)
        guard case .header(let pes) = PESHeader.read(payload), pes.size + 4 <= payload.byteCount else { return nil }
        let frame = payload.extracting(pes.size..<payload.byteCount)
        guard codec.beginsFrame(frame) else { return nil }
        if codec == .aac {
            // ISO 13818-7, section 6.2: profile, sampling frequency and channels; the object type is one more than the profile.
            let word = frame.word(at: 2)
            self.header = word & 0xFDC0
            codecParameter = "mp4a.40.\((word >> 14) + 1)"
        } else {
            // ISO 11172-3, section 2.4.1.3: layers are counted from 3 down; ISO 14496-3, table 1.17.
            let layer = 4 - (frame.byte(at: 1) >> 1 & 3)
            guard layer < 4 else { return nil }
            self.header = UInt16(layer) << 8 | UInt16(frame.byte(at: 2) & 0x0C) << 2 | UInt16(frame.byte(at: 3) >> 6)
            codecParameter = "mp4a.40.\(31 + layer)"
        }
    }
}
