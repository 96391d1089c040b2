/// Bytes that are no fragmented MP4, or one beyond all measure.
public struct FragmentedMP4Error: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
