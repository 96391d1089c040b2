import TrickleKit

/// Puts each segment into a mailbox, as a picture. Nobody waits for the relay.
struct PictureOutlet: SegmentOutlet {
    private let mailbox: PictureMailbox
    private var picture: [UInt8] = []

    init(_ mailbox: PictureMailbox) { self.mailbox = mailbox }

    /// The relay chooses it.
    var sequence: SequenceNumber? { nil }
    var droppedCount: Int { mailbox.droppedCount }

    mutating func begin() { finish() }

    mutating func write(_ bytes: [UInt8]) {
        if picture.isEmpty { picture = bytes } else { picture += bytes }
    }

    mutating func finish() {
        if picture.isEmpty { return }
        mailbox.put(picture)
        picture = []
    }
}
