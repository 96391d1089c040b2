/// What `GET /_api/channels` answers (docs/api.md).
struct ChannelAPIDocument: Encodable, Sendable {
    struct Features: Encodable, Sendable {
        let ts, hls, mp4, thumbnails, frames: Bool
    }

    struct Channel: Encodable, Sendable {
        let name: String
        let contentType: String
        let age, idle: Double
        let next: Int
        var bitrate: Int?
        let viewers: Int
        var lag: Double?
        let keptSegments, keptBytes: Int
        var transportStream: Bool?
        var gop: Double?
        var codecs: [String] = []
        var video: Video?
        var audio: Audio?
        var picture: String?
        /// Left out where it is not asked for.
        var history: History?
    }

    struct Video: Encodable, Sendable {
        let codec: String
        var width: Int?
        var height: Int?
        var frameRate: Double?
    }

    struct Audio: Encodable, Sendable {
        let codec: String
    }

    struct History: Encodable, Sendable {
        let interval: Double
        let bitrate: [Int?]
        let viewers: [Int]
    }

    let time: Double
    let features: Features
    let channels: [Channel]
}

// Members that have no value are there as well, as null. Written out, that takes half the time of a property wrapper.

extension ChannelAPIDocument.Channel {
    private enum Member: CodingKey {
        case name, contentType, age, idle, next, bitrate, viewers, lag, keptSegments, keptBytes
        case transportStream, gop, codecs, video, audio, picture, history
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Member.self)
        try members.encode(name, forKey: .name)
        try members.encode(contentType, forKey: .contentType)
        try members.encode(age, forKey: .age)
        try members.encode(idle, forKey: .idle)
        try members.encode(next, forKey: .next)
        try members.encodeOrNull(bitrate, forKey: .bitrate)
        try members.encode(viewers, forKey: .viewers)
        try members.encodeOrNull(lag, forKey: .lag)
        try members.encode(keptSegments, forKey: .keptSegments)
        try members.encode(keptBytes, forKey: .keptBytes)
        try members.encodeOrNull(transportStream, forKey: .transportStream)
        try members.encodeOrNull(gop, forKey: .gop)
        try members.encode(codecs, forKey: .codecs)
        try members.encodeOrNull(video, forKey: .video)
        try members.encodeOrNull(audio, forKey: .audio)
        try members.encodeOrNull(picture, forKey: .picture)
        try members.encodeIfPresent(history, forKey: .history)
    }
}

extension ChannelAPIDocument.Video {
    private enum Member: CodingKey {
        case codec, width, height, frameRate
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Member.self)
        try members.encode(codec, forKey: .codec)
        try members.encodeOrNull(width, forKey: .width)
        try members.encodeOrNull(height, forKey: .height)
        try members.encodeOrNull(frameRate, forKey: .frameRate)
    }
}

extension KeyedEncodingContainer {
    fileprivate mutating func encodeOrNull(_ value: (some Encodable)?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }
}
