import ChildProcesses
import MPEGTS
import MediaChildren
import PictureFormats
import TrickleCore
import TrickleRelay

/// Pictures of a video channel, so many in a second.
struct FrameProduct: ConversionProduct {
    static let rates = 1...60
    static let widths = 16...3840

    let format: PictureRequest.Format
    let rate: Int
    /// In pixels; nil for the video's own.
    let width: Int?

    var kind: String { "frames-\(format.rawValue)-\(rate)-\(width.map(String.init) ?? "full")" }
    var purpose: ChildPurpose { .transcoding }
    var limits: ChildLimits { ChildLimits(memoryByteCount: 512 << 20, niceness: 5) }
    var description: String { "pictures" }

    func problem(of streams: MovieStreams) -> String? {
        streams.video == nil ? "the channel has no video" : nil
    }

    func arguments(for streams: MovieStreams) -> [String] {
        let size = width.map { "w=\($0):h=-2" } ?? "w='trunc(ih*dar/2)*2':h=ih"
        // Both formats have the colours of ITU-R BT.601, whatever the video has.
        let filter = "fps=\(rate),scale=\(size):flags=area:out_color_matrix=bt601,setsar=1"
        // A picture waits for none that comes later.
        return ["-fflags", "nobuffer", "-flags", "low_delay"] + MovieStreams.input
            + ["-map", streams.video?.ffmpegSpecifier ?? "0:v", "-vf", filter] + format.streamArguments
            + ["-threads", "1", "-flush_packets", "1", "-f", "image2pipe", "pipe:1"]
    }

    func output(to derived: ChannelName, on relay: RelayServer) -> FrameOutput {
        FrameOutput(to: derived, format, on: relay)
    }
}

/// Publishes each picture that ffmpeg writes as a segment.
struct FrameOutput: ConversionOutput {
    /// A picture is larger than this only where something is wrong.
    private static let maximumByteCount = 16 << 20

    private let derived: ChannelName
    private let relay: RelayServer
    private let format: PictureRequest.Format
    private var splitter: PictureSplitter
    private var publisher: LocalPublisher?

    init(to derived: ChannelName, _ format: PictureRequest.Format, on relay: RelayServer) {
        self.derived = derived
        self.format = format
        self.relay = relay
        splitter = PictureSplitter(format.structure, limit: Self.maximumByteCount)
    }

    mutating func receive(_ bytes: [UInt8], _ emit: (SequenceNumber) -> Void) throws {
        var pictures: [[UInt8]] = []
        try splitter.receive(bytes) { pictures.append($0) }
        for picture in pictures {
            let publisher = try publisher ?? relay.publisher(of: derived, contentType: format.contentType)
            self.publisher = publisher
            let segment = try publisher.nextSegment()
            try segment.write(picture)
            try segment.finish()
            emit(segment.sequence)
        }
    }

    mutating func close() { publisher?.close() }
    mutating func breakOff() { publisher?.close() }
}

extension PictureRequest.Format {
    fileprivate var structure: PictureSplitter.Structure {
        switch self {
        case .jpg: .jpeg
        case .webp: .webp
        }
    }

    /// How ffmpeg writes many of them: as fast as it can.
    fileprivate var streamArguments: [String] {
        switch self {
        case .jpg: ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"]
        case .webp: ["-c:v", "libwebp", "-quality", "75", "-compression_level", "0"]
        }
    }
}
