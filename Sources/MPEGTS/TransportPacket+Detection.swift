extension TransportPacket {
    /// Whether packets of 188, 192 or 204 bytes are found in the first bytes of a stream, where some 4 KiB are enough
    /// unless it begins with garbage.
    ///
    /// - Parameter head: from the beginning; the whole stream where that is shorter than five packets.
    public static func areFound(in head: [UInt8]) -> Bool {
        var reader = PacketReader()
        var offset = 0
        if case .store = reader.next(head.span.bytes, at: &offset) { return true }
        return InputFormat(head: head) == nil && reader.finish()
    }
}
