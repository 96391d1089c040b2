import NIOCore
import TrickleCore

/// Somebody whose messages are a channel's segments.
final class FramePublisher: WebSocketRole {
    private let publisher: LocalPublisher
    private let acknowledges: Bool
    private let lane: RelayLane
    private let client: ClientAddress
    private var connection: WebSocketConnection?
    private var segment: LocalSegmentWriter?
    private var byteCount = 0

    init(_ publisher: LocalPublisher, acknowledges: Bool, for client: ClientAddress, on lane: RelayLane) {
        self.publisher = publisher
        self.acknowledges = acknowledges
        self.client = client
        self.lane = lane
    }

    var answers: Bool { acknowledges }

    func opened(_ connection: WebSocketConnection) { self.connection = connection }

    func received(_ bytes: ByteBuffer, isText: Bool, begins: Bool, ends: Bool) throws(WebSocketEnding) {
        do {
            if begins {
                segment = try publisher.nextSegment(contentType: isText ? Self.textType : Self.binaryType)
                byteCount = 0
            }
            guard let segment else { return }
            byteCount += bytes.readableBytes
            lane.clients.add(.init(bytesIn: bytes.readableBytes), of: client)
            try segment.write(bytes)
            guard ends else { return }
            try segment.finish()
            self.segment = nil
            if acknowledges { connection?.send(text: #"{"seq":\#(segment.sequence),"size":\#(byteCount)}"#) }
        } catch {
            throw WebSocketEnding(error)
        }
    }

    private static let textType = "text/plain; charset=utf-8"
    private static let binaryType = "application/octet-stream"

    func closed(_ ending: WebSocketEnding?) {
        connection = nil
        segment?.abort()
        segment = nil
        // Who says that it is done is; others may come back.
        publisher.release(ending?.code == 1000 ? .close : .linger)
    }
}

extension WebSocketEnding {
    fileprivate init(_ error: any Error) {
        guard let error = error as? TrickleError else {
            self.init(1011, "\(error)")
            return
        }
        let code: UInt16 =
            switch error.code {
            case .channelTaken: 4009
            case .channelClosed, .channelNotFound: 4004
            case .segmentAborted: 4005
            case .relayBusy: 1013
            case .refused where error.status == 413: 1009
            default: 1011
            }
        self.init(code, error.message)
    }
}
