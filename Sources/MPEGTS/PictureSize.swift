/// The size of a stream's pictures, in pixels as they are coded.
public struct PictureSize: Sendable, Hashable {
    public let width: Int
    public let height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

extension AccessUnitScanner {
    /// The picture size that the stream tells.
    var pictureSize: PictureSize? {
        switch syntax {
        case .h264: sequence.map { PictureSize(width: $0.width, height: $0.height) }
        case .hevc:
            HEVCPictureSize(parameterSets: parameterSets.bytes).map { PictureSize(width: $0.width, height: $0.height) }
        case .mpegVideo: size.map { PictureSize(width: $0.width, height: $0.height) }
        case .vvc, .mpeg4Visual: nil
        }
    }
}
