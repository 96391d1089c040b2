import FoundationEssentials
import Logging
import Testing
import TrickleCore
import TrickleRelay
import TrickleTesting

@testable import TrickleGateway

/// The JSON behind the page.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ChannelRampTests {
    private struct Report: Decodable {
        struct Video: Decodable {
            var codec: String
            var width: Int?
            var frameRate: Double?
        }
        struct Audio: Decodable {
            var codec: String
        }
        struct History: Decodable {
            var bitrate: [Int?]
            var viewers: [Int]
        }
        struct Channel: Decodable {
            var name: String
            var contentType: String
            var age: Double
            var idle: Double
            var next: Int
            var viewers: Int
            var gop: Double?
            var codecs: [String]
            var picture: String?
            var video: Video?
            var audio: Audio?
            var transportStream: Bool?
            var history: History?
        }
        var time: Double
        var features: [String: Bool]
        var channels: [Channel]
    }

    private func report(_ relay: RelayServer, query: String = "") async throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(try await text(relay, query: query).utf8))
    }

    private func text(_ relay: RelayServer, query: String = "") async throws -> String {
        try await PlainClient.with(relay) { client in
            try await client.send("GET /_api/channels\(query) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
            let answer = await client.rest()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("\r\nContent-Type: application/json\r\n"))
            let body = try #require(answer.firstRange(of: "\r\n\r\n")).upperBound
            return String(answer[body...])
        }
    }

    @Test func `a member without a value is there as null, and nothing in the text hides`() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            let publisher = try relay.publisher(of: ChannelName("a\u{2028}b"), contentType: "text/plain")
            try publisher.nextSegment().write(Array("hello\n".utf8))
            let text = try await text(relay)
            for name in ["bitrate", "transportStream", "gop", "video", "audio", "picture"] {
                #expect(text.contains("\"\(name)\":null"), "\(text)")
            }
            #expect(text.contains(#""codecs":[]"#) && !text.contains("history"))
            #expect(text.contains(#""name":"a\u2028b""#))
        }
    }

    @Test func channelsAreToldWithTheirMedia() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            let name = try ChannelName("\"}\u{2028}<b>")
            let text = try relay.publisher(of: name, contentType: "text/plain").nextSegment()
            try text.write(Array("hello\n".utf8))
            let publisher = try relay.publisher(of: ChannelName("cam"))
            for number in 0..<3 {
                let segment = try publisher.nextSegment()
                try segment.write(TestChannel.segment(number))
                try segment.finish()
            }
            var report = try await report(relay)
            try await eventually {
                report = try await self.report(relay)
                return report.channels.last?.picture == "2-0"
            }
            #expect(report.channels.map(\.name) == [name.text, "cam"])
            #expect(report.features["mp4"] == true && report.time > 1_700_000_000)
            #expect(report.channels[0].video == nil && report.channels[0].contentType == "text/plain")
            let cam = report.channels[1]
            #expect(cam.next == 3 && cam.gop == 2 && cam.codecs == ["H.264", "AAC"])
            #expect(report.channels[0].picture == nil)
            #expect(cam.video?.codec == "H.264" && cam.video?.frameRate == 25)
            #expect(cam.age >= cam.idle && cam.history == nil)
            let alone = try await self.report(relay, query: "?name=cam").channels
            #expect(alone.map(\.name) == ["cam"])
            let history = try #require(alone.first?.history)
            #expect(history.viewers.count == history.bitrate.count && !history.viewers.isEmpty)
            #expect(try await self.report(relay, query: "?name=nobody").channels.isEmpty)
        }
    }

    /// The segments of a channel whose map lists a video and a sound, without the packets of one of them.
    private func segment(_ number: Int, without pid: UInt16) -> [UInt8] {
        let bytes = TestChannel.segment(number)
        return stride(from: 0, to: bytes.count, by: 188).flatMap { offset -> ArraySlice<UInt8> in
            let packetPID = UInt16(bytes[offset + 1] & 0x1F) << 8 | UInt16(bytes[offset + 2])
            return packetPID == pid ? [] : bytes[offset..<offset + 188]
        }
    }

    @Test func whatComesIsToldNotWhatTheMapLists() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            let sound = try relay.publisher(of: ChannelName("sound"), contentType: "video/MP2T")
            let picture = try relay.publisher(of: ChannelName("picture"))
            let bytes = try relay.publisher(of: ChannelName("bytes"), contentType: "video/MP2T")
            for number in 0..<2 {
                for (publisher, content) in [
                    (sound, segment(number, without: 0x100)), (picture, segment(number, without: 0x101)),
                    (bytes, Array(repeating: 0x20, count: 2000)),
                ] {
                    let segment = try publisher.nextSegment()
                    try segment.write(content)
                    try segment.finish()
                }
            }
            _ = try relay.publisher(of: ChannelName("nothing"))
            var channels: [String: Report.Channel] = [:]
            try await eventually {
                channels = Dictionary(uniqueKeysWithValues: try await report(relay).channels.map { ($0.name, $0) })
                return channels["sound"]?.audio != nil && channels["picture"]?.video != nil
                    && channels["bytes"]?.transportStream != nil
            }
            let (sounding, seen) = (try #require(channels["sound"]), try #require(channels["picture"]))
            #expect(sounding.video == nil && sounding.audio?.codec == "AAC" && sounding.gop == nil)
            #expect(seen.video?.codec == "H.264" && seen.audio == nil && seen.gop == 2)
            #expect(sounding.codecs == ["H.264", "AAC"] && seen.codecs == sounding.codecs)
            #expect(sounding.transportStream == true && seen.transportStream == true)
            #expect(channels["bytes"]?.transportStream == false && channels["bytes"]?.codecs == [])
            #expect(channels["nothing"] != nil && channels["nothing"]?.transportStream == nil)
        }
    }

    @Test func thoseWhoReadForOthersAreNoViewers() async throws {
        try await withRelayServer(ramps: { Gateway($0, logger: Logger(label: "test")) }) { relay in
            let segment = try relay.publisher(of: ChannelName("cam")).nextSegment()
            try segment.write(TestChannel.segment(0))
            try await eventually { try await report(relay).channels[0].video != nil }
            // The index waits for more of the segment, and is nobody.
            #expect(try await report(relay).channels[0].viewers == 0)
            try await PlainClient.with(relay) { client in
                try await client.send(PlainRequest.get("/cam/0"))
                _ = try await client.answer()
                try await eventually { try await report(relay).channels[0].viewers == 1 }
            }
        }
    }
}
