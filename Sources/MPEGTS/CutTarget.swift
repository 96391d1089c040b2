/// The stream that decides where segments begin, and how.
enum CutTarget: Hashable {
    /// No program is known, or it has no streams.
    case none
    /// At random access points, which are found in the access units.
    case accessUnits(PID, AccessUnitScanner.Syntax)
    /// At PES packets, after the target duration.
    case time(PID, Codec)

    /// - Parameter absent: a video that is listed and does not come.
    init(_ map: ProgramMap, without absent: PID? = nil) {
        if let video = map.video, video.pid != absent {
            self =
                AccessUnitScanner.Syntax(video.codec).map { .accessUnits(video.pid, $0) }
                ?? .time(video.pid, video.codec)
        } else if let stream = map.audio ?? map.streams.first(where: { $0.codec.kind == .other && $0.codec != .scte35 })
        {
            self = .time(stream.pid, stream.codec)
        } else {
            self = .none
        }
    }

    var pid: PID? {
        switch self {
        case .none: nil
        case .accessUnits(let pid, _), .time(let pid, _): pid
        }
    }
}
