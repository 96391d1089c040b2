import MPEGTS
import NIOCore

/// A channel of segments of 2 s: 50 pictures, the first of them a random access point, and audio.
package enum TestChannel {
    package static let pictureCount = 50
    /// Ticks of 90 kHz.
    package static let pictureDuration: Int64 = 3600

    /// The segment that is the `number`th of its stream.
    package static func segment(_ number: Int, hasAudio: Bool = true) -> [UInt8] {
        build(number, hasAudio: hasAudio, pictureCount: pictureCount).bytes
    }

    /// Where a picture of a segment begins, 0 being the first.
    package static func offset(ofPicture index: Int) -> Int {
        index == 0 ? 0 : build(0, hasAudio: true, pictureCount: index).bytes.count
    }

    private static func build(_ number: Int, hasAudio: Bool, pictureCount: Int) -> TSBuilder {
        var stream = TSBuilder()
        stream.pat()
        stream.pmt([.init(0x1B, 0x100)] + (hasAudio ? [.init(0x0F, 0x101)] : []))
        for index in 0..<pictureCount {
            let pts = Int64(number * Self.pictureCount + index) * pictureDuration
            stream.pes(TestPicture.h264(index == 0 ? .idr : .ordinary), pts: pts)
            guard hasAudio else { continue }
            stream.pes(TestPicture.audio(0xFFF1), pid: 0x101, streamID: 0xC0, pts: pts, isBounded: true)
        }
        return stream
    }
}

extension PlainClient {
    /// Publishes a segment, and waits until the relay has it.
    package func post(_ segment: [UInt8], to target: String) async throws {
        try await send(
            "POST \(target) HTTP/1.1\r\nHost: relay\r\nContent-Length: \(segment.count)\r\n\r\n")
        try await send(ByteBuffer(bytes: segment))
        _ = try await answer()
    }
}
