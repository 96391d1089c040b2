#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What ffprobe found in an input.
public struct MediaProbe: Decodable, Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case video, audio, subtitle, data, attachment
    }

    /// One elementary stream.
    public struct Stream: Decodable, Equatable, Sendable {
        public var index: Int
        public var codecType: String?
        public var codecName: String?
        public var sampleRate: String?
        public var width: Int?
        public var disposition: [String: Int]?

        enum CodingKeys: String, CodingKey {
            case index, width, disposition
            case codecType = "codec_type"
            case codecName = "codec_name"
            case sampleRate = "sample_rate"
        }
    }

    /// What belongs together in a multiplex of several programs.
    public struct Program: Decodable, Equatable, Sendable {
        public var number: Int
        public var streams: [Member]

        public struct Member: Decodable, Equatable, Sendable {
            public var index: Int
        }

        enum CodingKeys: String, CodingKey {
            case streams
            case number = "program_num"
        }
    }

    public struct Format: Decodable, Equatable, Sendable {
        public var name: String?
        public var duration: String?

        enum CodingKeys: String, CodingKey {
            case duration
            case name = "format_name"
        }
    }

    public var streams: [Stream]
    public var programs: [Program]?
    public var format: Format?

    /// Reads ffprobe's JSON, as `-show_streams -show_programs -show_format` writes it.
    public init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }

    /// Whether there is a known end, as files have one and live streams have none.
    public var hasEnd: Bool { format?.duration.flatMap(Double.init).map { $0 > 0 } ?? false }

    /// ffmpeg draws any text file as a picture of itself, which nobody wants to publish.
    public var isText: Bool { format?.name == "tty" }
}

extension MediaProbe.Stream {
    public var kind: MediaProbe.Kind {
        switch codecType {
        // A cover picture is no moving one.
        case "video": disposition?["attached_pic"] == 1 ? .attachment : .video
        case "audio": .audio
        case "subtitle": .subtitle
        case "data": .data
        default: .attachment
        }
    }

    /// Whether an MPEG transport stream has a place for the codec (ISO 13818-1 table 2-34 and its amendments, ETSI EN 300 468;
    /// of them, what ffmpeg writes in a form that it reads again).
    public var fitsTransportStream: Bool {
        guard let codecName else { return false }
        switch kind {
        case .video:
            return ["h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "cavs", "dirac", "vc1"].contains(codecName)
        case .audio:
            return ["aac", "aac_latm", "mp1", "mp2", "mp3", "ac3", "eac3", "dts", "truehd", "opus", "s302m"].contains(
                codecName)
        case .subtitle: return ["dvb_subtitle", "dvb_teletext"].contains(codecName)
        case .data: return ["klv", "timed_id3"].contains(codecName)
        case .attachment: return false
        }
    }

    /// Whether the probe saw enough of the stream to know its shape. ffmpeg refuses to write one that is announced and never comes.
    public var isComplete: Bool {
        switch kind {
        case .video: (width ?? 0) > 0
        case .audio: sampleRate.flatMap(Int.init).map { $0 > 0 } ?? false
        case .subtitle, .data, .attachment: true
        }
    }
}
