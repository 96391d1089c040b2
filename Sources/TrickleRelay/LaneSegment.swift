import NIOCore
import TrickleCore

/// A segment as one lane sees it: the pieces (shared with all other lanes) and this lane's readers of them.
///
/// Lives on the lane's event loop. Adding to it costs one hop for the whole lane; each reader is a cursor into ``pieces``.
final class LaneSegment {
    let id: SegmentID
    let channel: ChannelID
    let number: SequenceNumber
    let contentType: String?
    private(set) var pieces: [EncodedPiece] = []
    private(set) var progress = SegmentProgress.open
    private(set) var byteCount = 0
    var readers = ReaderList()
    /// The head that readers who waited share; it differs only where the channel stood elsewhere when they came.
    private var sharedHead: (next: SequenceNumber, bytes: ByteBuffer)?

    init(_ view: SegmentView) {
        id = view.id
        channel = view.channel
        number = view.number
        contentType = view.contentType
    }

    /// Takes what is new from the store.
    func update(_ pull: (_ first: Int, _ pieces: inout [EncodedPiece]) -> SegmentProgress) {
        let first = pieces.count
        progress = pull(first, &pieces)
        for piece in pieces[first...] { byteCount += piece.byteCount }
    }

    /// Lets every reader go on. A reader may leave while it is called.
    func pumpReaders() {
        guard progress == .open, let newest = pieces.last else { return moveReaders { $0.segmentMoved() } }
        let index = pieces.count - 1
        newest.chunk.withUnsafeReadableBytes { bytes in
            moveReaders { $0.segmentMoved(newest: bytes, at: index) }
        }
    }

    private func moveReaders(_ move: (any LaneReader) -> Void) {
        var place = readers.count
        while place > 0 {
            place -= 1
            if let reader = readers[place] { move(reader) }
        }
    }

    func sharedHead(next: SequenceNumber, render: () -> ByteBuffer) -> ByteBuffer {
        if let sharedHead, sharedHead.next == next { return sharedHead.bytes }
        let bytes = render()
        sharedHead = (next, bytes)
        return bytes
    }
}
