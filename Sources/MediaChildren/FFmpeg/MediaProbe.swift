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
        public var height: Int?
        /// How a decoder gives pictures; nil where ffmpeg has no decoder.
        public var pixelFormat: String?
        /// How a decoder gives sound; nil where ffmpeg has no decoder.
        public var sampleFormat: String?
        public var disposition: [String: Int]?
        public var sideData: [SideData]?

        /// What the container says of the stream besides.
        public struct SideData: Decodable, Equatable, Sendable {
            /// Degrees, by which the picture is to be turned.
            public var rotation: Double?
            /// Three lines of a place and three numbers.
            public var displayMatrix: String?

            enum CodingKeys: String, CodingKey {
                case rotation
                case displayMatrix = "displaymatrix"
            }
        }

        enum CodingKeys: String, CodingKey {
            case index, width, height, disposition
            case pixelFormat = "pix_fmt"
            case sampleFormat = "sample_fmt"
            case sideData = "side_data_list"
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
        public var probeScore: Int?

        enum CodingKeys: String, CodingKey {
            case duration
            case probeScore = "probe_score"
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

    /// ffmpeg draws any text file as a picture of itself, and any bytes in a file `….bin`, which nobody wants to publish.
    public var isDrawnText: Bool { ["tty", "bin", "xbin", "adf", "idf"].contains(format?.name) }

    /// Whether ffmpeg found something by chance, as it does in random bytes. At this score it warns of that itself
    /// (`AVPROBE_SCORE_RETRY`). It says nothing of a format that was
    /// asked for by its name.
    public var isGuess: Bool { format?.probeScore.map { $0 <= 25 } ?? false }

    /// Whether it is a bare H.264 or HEVC stream: that tells no times, which a transport stream needs.
    public var isBareVideo: Bool { ["h264", "hevc", "vvc"].contains(format?.name) }
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

    /// Whether ffmpeg has a decoder for it, as far as the probe has seen.
    public var isDecodable: Bool {
        switch kind {
        case .video: pixelFormat != nil
        case .audio: sampleFormat != nil
        case .subtitle, .data, .attachment: true
        }
    }

    /// Whether H.264 with 4:2:0, as every player knows it, has no such size.
    public var hasOddSize: Bool { (width ?? 0) % 2 != 0 || (height ?? 0) % 2 != 0 }

    /// Whether the container has the picture turned or mirrored.
    public var isTurned: Bool {
        (sideData ?? []).contains { data in
            if let rotation = data.rotation, abs(rotation) > 1 { return true }
            let numbers = (data.displayMatrix ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            // Its fifth number says which way is down.
            return numbers.count == 9 && numbers[4] < 0
        }
    }
}
