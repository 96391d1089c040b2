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
        // From the end, where both must be the same: the beginning of the input may be missing.
        var next = input.count
        for index in output.indices.reversed() {
            if next > 0, output[index] == input[next - 1] {
                next -= 1
            } else if renumbered.contains(TSRecording.pid(output[index])) {
                repeatedCount += 1
            } else {
                difference = "packet \(index) of the output is not packet \(next - 1) of the input"
                return
            }
        }
        skippedCount = next
    }

    private static func packets(_ bytes: [UInt8], masking: Set<PID>) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: TransportPacket.size).map { start in
            var packet = bytes[start..<min(start + TransportPacket.size, bytes.count)]
            if packet.count > 3, masking.contains(TSRecording.pid(packet)) { packet[start + 3] &= 0xF0 }
            return packet
        }
    }

    /// Packets of each PID whose continuity counter does not follow the one before, and who do not say that it jumps.
    public static func continuityErrors(_ bytes: [UInt8]) -> [PID: Int] {
        var last: [PID: UInt8] = [:]
        var errors: [PID: Int] = [:]
        for packet in packets(bytes, masking: []) {
            let pid = TSRecording.pid(packet)
            let control = packet[packet.startIndex + 3]
            if control & 0x20 != 0, packet[packet.startIndex + 4] > 0, packet[packet.startIndex + 5] & 0x80 != 0 {
                last[pid] = control & 0x0F
                continue
            }
            guard pid != .null, control & 0x10 != 0 else { continue }
            if let before = last[pid], (before + 1) & 0x0F != control & 0x0F { errors[pid, default: 0] += 1 }
            last[pid] = control & 0x0F
        }
        return errors
    }
}
