import MPEGTS

/// Compares what came out of a segmenter with what went in, packet for packet.
public struct TSComparison: Sendable {
    /// Packets of the input before the first one that came out.
    public private(set) var skippedCount = 0
    /// Packets that came out in addition; all of them tables.
    public private(set) var repeatedCount = 0
    /// What does not agree; nil if the rest of the input came out.
    public private(set) var difference: String?

    /// - Parameters:
    ///   - output: packets of 188 bytes.
    ///   - input: packets of 188 bytes.
    ///   - renumbered: PIDs whose packets may be repeated and have other continuity counters.
    public init(output: [UInt8], input: [UInt8], renumbered: Set<PID>) {
        let output = Self.packets(output, masking: renumbered)
        let input = Self.packets(input, masking: renumbered)
        func isTable(_ packet: ArraySlice<UInt8>) -> Bool { renumbered.contains(TSRecording.pid(packet)) }
        guard let firstMedia = output.firstIndex(where: { !isTable($0) }) else {
            difference = output.isEmpty ? nil : "nothing but tables came out"
            return
        }
        guard let found = input.firstIndex(where: { $0 == output[firstMedia] }) else {
            difference = "the first packet that came out is not in the input"
            return
        }
        // Tables directly before it may have come out as they were.
        var next = found
        var before = firstMedia
        while next > 0, before > 0, input[next - 1] == output[before - 1] {
            next -= 1
            before -= 1
        }
        skippedCount = next
        repeatedCount = before
        for index in before..<output.count {
            if next < input.count, output[index] == input[next] {
                next += 1
            } else if isTable(output[index]) {
                repeatedCount += 1
            } else {
                difference = "packet \(index) of the output is not packet \(next) of the input"
                return
            }
        }
        if next < input.count { difference = "\(input.count - next) packets of the input did not come out" }
    }

    private static func packets(_ bytes: [UInt8], masking: Set<PID>) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: TransportPacket.size).map { start in
            var packet = bytes[start..<min(start + TransportPacket.size, bytes.count)]
            if packet.count > 3, masking.contains(TSRecording.pid(packet)) { packet[start + 3] &= 0xF0 }
            return packet
        }
    }

    /// Packets of each PID whose continuity counter does not follow the one before.
    public static func continuityErrors(_ bytes: [UInt8]) -> [PID: Int] {
        var last: [PID: UInt8] = [:]
        var errors: [PID: Int] = [:]
        for packet in packets(bytes, masking: []) {
            let pid = TSRecording.pid(packet)
            let control = packet[packet.startIndex + 3]
            guard pid != .null, control & 0x10 != 0 else { continue }
            if let before = last[pid], (before + 1) & 0x0F != control & 0x0F { errors[pid, default: 0] += 1 }
            last[pid] = control & 0x0F
        }
        return errors
    }
}
