/// Who a publisher is to its relay: 128 random bits.
///
/// While one publishes a channel, a relay that announces `resume` refuses others. Publishers with the same identity are one to it: each
/// goes on where the one before has ended.
public struct PublisherID: Hashable, Sendable {
    let text: String

    public init() {
        text =
            String(UInt64.random(in: 0...(.max)), radix: 16) + String(UInt64.random(in: 0...(.max)), radix: 16)
    }
}
