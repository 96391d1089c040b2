/// What makes a place in a stream one where decoding can begin.
public enum RandomAccessPoint: Sendable, Hashable, CaseIterable {
    /// H.264, HEVC and VVC: an instantaneous decoding refresh picture.
    case idr
    /// H.264: a recovery point SEI message before a picture that is no IDR picture: open GOPs, and intra refresh.
    case recoveryPoint
    /// HEVC and VVC: a clean random access picture; leading pictures may follow that a decoder that begins here skips.
    case cra
    /// HEVC: a broken link access picture.
    case bla
    /// VVC: a gradual decoding refresh picture.
    case gdr
    /// MPEG-1 and MPEG-2: a sequence header and an I picture. MPEG-4 part 2: a video object layer header and an I-VOP.
    /// H.264 that announces nothing: a sequence parameter set and an I picture.
    case intraPicture
    /// A stream without video: an audio frame.
    case audioFrame
}

extension RandomAccessPoint: CustomStringConvertible {
    public var description: String {
        switch self {
        case .idr: "IDR"
        case .recoveryPoint: "recovery point"
        case .cra: "CRA"
        case .bla: "BLA"
        case .gdr: "GDR"
        case .intraPicture: "I picture with its headers"
        case .audioFrame: "audio frame"
        }
    }
}
