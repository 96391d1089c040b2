/// How an RTSP source is asked to carry its packets.
public enum RTSPTransport: String, CaseIterable, Sendable {
    /// TCP, and UDP where the source refuses that.
    case auto
    case tcp, udp

    /// ffmpeg's options.
    var arguments: [String] {
        switch self {
        case .auto: ["-rtsp_flags", "prefer_tcp"]
        case .tcp, .udp: ["-rtsp_transport", rawValue]
        }
    }
}
