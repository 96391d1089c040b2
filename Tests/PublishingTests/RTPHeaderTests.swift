import Testing
import TrickleTesting

@testable import Publishing

@Suite struct RTPHeaderTests {
    private let packets: [UInt8] = {
        var builder = TSBuilder()
        for _ in 0..<7 { builder.null() }
        return builder.bytes
    }()

    @Test func `the header, its sources, its extension and its padding are taken off`() {
        let plain: [UInt8] = [0x80, 33, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]
        #expect(RTPHeader.removed(from: plain + packets) == packets)
        let sources: [UInt8] = [0x82] + plain.dropFirst() + [UInt8](repeating: 9, count: 8)
        #expect(RTPHeader.removed(from: sources + packets) == packets)
        let extended: [UInt8] = [0x90] + plain.dropFirst() + [0xBE, 0xDE, 0, 2] + [UInt8](repeating: 9, count: 8)
        #expect(RTPHeader.removed(from: extended + packets) == packets)
        let padded: [UInt8] = [0xA0] + plain.dropFirst()
        #expect(RTPHeader.removed(from: padded + packets + [0, 0, 0, 4]) == packets)
    }

    @Test func `what is no RTP with packets in it stays as it is`() {
        let extended: [UInt8] = [0x90] + [UInt8](repeating: 0, count: 11) + [0, 0, 0xFF, 0xFF]
        for datagram in [
            packets, [], [0x80], [UInt8](repeating: 0x80, count: 200), Array(packets.dropFirst()), extended,
        ] {
            #expect(RTPHeader.removed(from: datagram) == datagram)
        }
    }
}
