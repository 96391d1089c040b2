import FragmentedMP4
import MPEGTS

/// A multivariant playlist with one variant (RFC 8216, section 4.3.4.2): what a player has to be able to, and what it needs of the network.
package struct MultivariantPlaylist {
    /// Bits a second: of the densest run of segments between half a target duration and one and a half, and of all.
    package let bandwidth: (peak: Int, average: Int)
    package let codecs: String?
    package let size: PictureSize?
    /// Pictures a second; nil for sound alone.
    package let frameRate: Double?
    package let isIndependent: Bool
    package let uri: String

    /// - Parameters:
    ///   - playlist: the only variant.
    ///   - uri: where it is.
    /// - Returns: nil where nothing in it can be played.
    package init?(_ playlist: MediaPlaylist, uri: String) {
        let segments = playlist.entries.filter { !$0.isGap }.compactMap { entry in
            entry.segment.map { Run(byteCount: $0.contents.byteCount, duration: entry.duration) }
        }
        guard let contents = playlist.entries.last(where: { !$0.isGap })?.segment?.contents else { return nil }
        let all = segments.reduce(Run()) { $0 + $1 }
        guard all.duration > 0 else { return nil }
        let peak = Self.peak(of: segments, targetDuration: playlist.targetDuration)
        bandwidth = (max(peak, all.bitRate), all.bitRate)
        codecs = Self.codecs(contents)
        size = contents.pictureSize
        let isVideo = contents.mainStream?.codec.kind == .video
        frameRate = isVideo ? contents.unitDuration.map { Double(Timestamp.frequency) / Double(max($0, 1).count) } : nil
        isIndependent = playlist.isIndependent
        self.uri = uri
    }

    package var text: String {
        var attributes = ["BANDWIDTH=\(bandwidth.peak)", "AVERAGE-BANDWIDTH=\(bandwidth.average)"]
        if let codecs { attributes.append("CODECS=\"\(codecs)\"") }
        if let size { attributes.append("RESOLUTION=\(size.width)x\(size.height)") }
        if let frameRate { attributes.append("FRAME-RATE=\(Self.threeDecimals(frameRate))") }
        return "#EXTM3U\n#EXT-X-VERSION:\(MediaPlaylist.plainVersion)\n"
            + (isIndependent ? "#EXT-X-INDEPENDENT-SEGMENTS\n" : "")
            + "#EXT-X-STREAM-INF:\(attributes.joined(separator: ","))\n\(uri)\n"
    }

    // MARK: - Bandwidth

    private struct Run {
        var byteCount = 0
        var duration: MediaTicks = 0

        /// Bits a second, rounded up: a player with less falls behind.
        var bitRate: Int {
            guard duration > 0 else { return 0 }
            return Int((Double(byteCount) * 8 * Double(Timestamp.frequency) / Double(duration.count)).rounded(.up))
        }

        static func + (left: Run, right: Run) -> Run {
            Run(byteCount: left.byteCount + right.byteCount, duration: left.duration + right.duration)
        }
    }

    private static func peak(of segments: [Run], targetDuration: Int) -> Int {
        let target = MediaTicks.seconds(targetDuration)
        var peak = 0
        for first in segments.indices {
            var run = Run()
            for segment in segments[first...] {
                run = run + segment
                guard run.duration <= target * 3 / 2 else { break }
                if run.duration >= target / 2 { peak = max(peak, run.bitRate) }
            }
        }
        return peak
    }

    // MARK: - Codecs

    /// - Returns: nil unless all is known: a player takes what is not named for missing.
    private static func codecs(_ contents: SegmentContents) -> String? {
        let isVideo = contents.mainStream?.codec.kind == .video
        let sound = contents.program?.streams.first { $0.codec.kind == .audio && contents.hasCome($0) }
        var parameters: [String?] = []
        if isVideo { parameters.append(contents.videoProfile.map(parameter)) }
        if let sound { parameters.append(sound.codec.parameter ?? contents.soundFormat?.codecParameter) }
        let known = parameters.compactMap { $0 }
        return known.isEmpty || known.count < parameters.count ? nil : known.joined(separator: ",")
    }

    private static func parameter(_ profile: VideoProfile) -> String {
        switch profile {
        case .h264(let bits): CodecParameter.avc("avc1", profile: UInt64(bits))
        case .hevc(let profile, let compatibility, let constraints, let level):
            CodecParameter.hevc(
                "hvc1", profile: UInt64(profile), compatibility: UInt64(compatibility), constraints: constraints,
                level: UInt64(level))
        }
    }

    private static func threeDecimals(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let rest = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

extension Codec {
    /// The `codecs` parameter of those that need no more said.
    fileprivate var parameter: String? {
        switch self {
        case .ac3: "ac-3"
        case .eac3: "ec-3"
        case .opus: "opus"
        default: nil
        }
    }
}
