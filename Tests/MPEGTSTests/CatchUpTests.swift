import MPEGTS
import Testing
import TrickleTesting

@Suite("Bringing a player to the live edge")
struct CatchUpTests {
    private static let video = PID(0x100)
    private static let audio = PID(0x101)

    /// A PES packet's PID, and its time stamps.
    private struct Unit: Equatable {
        var pid: UInt16
        var pts: Int64
        var dts: Int64
    }

    /// Five seconds of 25 pictures with one B picture after each other one, and sound that is 50 ms long at a time.
    private func stream(hasSound: Bool = true, start: Int64 = 900_000, count: Int = 125, soundEnd: Int = .max)
        -> [UInt8]
    {
        var builder = TSBuilder()
        builder.pat()
        builder.pmt([.init(0x1B, Self.video)] + (hasSound ? [.init(0x0F, Self.audio)] : []))
        for number in 0..<count {
            let dts = start + Int64(number) * 3_600
            builder.pes(
                TestPicture.h264(number == 0 ? .idr : .ordinary, size: 600), pts: dts + (number % 2 == 0 ? 7_200 : 0),
                dts: dts,
                marks: .init(randomAccess: number == 0, pcr: number == 0 ? 0 : nil))
            if hasSound, number < soundEnd {
                builder.pes(
                    TestPicture.audio(0xFFF1, size: 200), pid: Self.audio, streamID: 0xC0, pts: dts, isBounded: true)
            }
        }
        return builder.bytes
    }

    private func units(_ bytes: [UInt8]) -> [Unit] {
        func ticks(_ bytes: ArraySlice<UInt8>) -> Int64 {
            let value: [Int64] = bytes.prefix(5).map { Int64($0) }
            let high: Int64 = ((value[0] >> 1) & 7) << 30
            let middle: Int64 = (value[1] << 7 | value[2] >> 1) << 15
            return high | middle | (value[3] << 7 | value[4] >> 1)
        }
        return stride(from: 0, to: bytes.count - bytes.count % TransportPacket.size, by: TransportPacket.size)
            .compactMap { offset in
                let header = PacketHeader(bytes.span.bytes, at: offset)
                guard header.payloadUnitStartIndicator, [Self.video, Self.audio].contains(header.pid) else {
                    return nil
                }
                let pes = bytes[(offset + header.payloadOffset)..<offset + TransportPacket.size]
                let hasBoth = pes[pes.startIndex + 7] >> 6 == 3
                let pts = ticks(pes.dropFirst(9))
                return Unit(pid: header.pid.rawValue, pts: pts, dts: hasBoth ? ticks(pes.dropFirst(14)) : pts)
            }
    }

    @Test(
        "The pictures before the edge are put directly before it, in their order",
        arguments: [900_000, (1 << 33) - 200_000])
    func pictures(start: Int64) throws {
        let before = stream(hasSound: false, start: start)
        let after = CatchUp.hurried(before)
        #expect(after.count == before.count)
        let edge = Timestamp(ticks: start + 124 * 3_600)
        let (old, new) = (units(before), units(after))
        #expect(new.count == 125)
        #expect(Timestamp(ticks: new[0].dts).distance(to: edge) == 3_600)
        #expect(new.last == old.last)
        for (one, next) in zip(new, new.dropFirst()) {
            #expect(Timestamp(ticks: one.dts).distance(to: Timestamp(ticks: next.dts)) > 0)
        }
        for unit in new { #expect(Timestamp(ticks: unit.dts).distance(to: Timestamp(ticks: unit.pts)) >= 0) }
        func order(_ units: [Unit]) -> [Int] {
            units.indices.sorted { Timestamp(ticks: units[$0].pts).distance(to: Timestamp(ticks: units[$1].pts)) > 0 }
        }
        #expect(order(new) == order(old))
    }

    @Test("Of the sound, only the last 100 ms are left, before the pictures")
    func sound() throws {
        let before = stream()
        let after = units(CatchUp.hurried(before))
        let edge: Int64 = 900_000 + 124 * 3_600
        let sound = after.filter { $0.pid == Self.audio.rawValue }
        #expect(sound.map(\.pts) == [edge - 7_200, edge - 3_600, edge] as [Int64])
        #expect(Array(after.prefix(3)) == sound)
    }

    @Test("Sound that is far behind leaves its last packet, so that it is found")
    func lateSound() throws {
        let after = units(CatchUp.hurried(stream(soundEnd: 100)))
        let sound = after.filter { $0.pid == Self.audio.rawValue }
        #expect(sound.map(\.pts) == [900_000 + 99 * 3_600] as [Int64])
    }

    @Test("The tables come first, and what is no whole packet yet comes last")
    func surroundings() {
        let before = stream() + [0x47, 1, 2, 3]
        let after = CatchUp.hurried(before)
        let tableSize = 2 * TransportPacket.size
        #expect(Array(after[..<tableSize]) == Array(before[..<tableSize]))
        #expect(Array(after.suffix(4)) == [0x47, 1, 2, 3])
        #expect(after.count < before.count)
    }

    @Test("Nothing is changed where there is nothing to hurry for")
    func unchanged() {
        var soundOnly = TSBuilder()
        soundOnly.pat()
        soundOnly.pmt([.init(0x0F, Self.audio)])
        for number in 0..<50 {
            soundOnly.pes(
                TestPicture.audio(0xFFF1), pid: Self.audio, streamID: 0xC0, pts: Int64(number) * 1_920, isBounded: true)
        }
        let streams: [[UInt8]] = [[], [1, 2, 3], TestPicture.noise(5_000), soundOnly.bytes, stream(count: 2)]
        for bytes in streams {
            #expect(CatchUp.hurried(bytes) == bytes)
        }
    }
}
