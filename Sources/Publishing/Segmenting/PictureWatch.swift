/// Notices once that no picture can be decoded of what has gone out for a while, though it lists some.
struct PictureWatch {
    /// So many segments, or so much time, are long enough for a picture.
    static let segmentLimit = 3
    static let timeLimit = Duration.seconds(5)

    private var begunAt: Duration?
    private var isOver = false

    /// Something has gone out.
    ///
    /// - Parameters:
    ///   - lacksPictures: whether what has gone out lists video, and has no picture that can be decoded.
    ///   - segmentCount: how many segments were begun.
    /// - Returns: true the first time that it is too long.
    mutating func isNews(lacksPictures: Bool, segmentCount: Int, now: Duration) -> Bool {
        begunAt = begunAt ?? now
        guard !isOver, let begunAt, segmentCount > Self.segmentLimit || now - begunAt >= Self.timeLimit else {
            return false
        }
        // Pictures that came once may come again.
        isOver = true
        return lacksPictures
    }
}
