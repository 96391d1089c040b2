import Foundation

/// A request that is sent to the relay a second time, on a connection of its own. What comes back is dropped.
final class FaultRepetition {
    let relay: Int32
    private let request: [UInt8]
    private var sent = 0
    private(set) var isDone = false

    init(_ request: [UInt8], relay: Int32) {
        self.request = request
        self.relay = relay
    }

    var interest: Int16 { sent < request.count ? Int16(POLLOUT) : Int16(POLLIN) }

    func turn() {
        if sent < request.count {
            let count = request.withUnsafeBytes { Socket.send(relay, $0.baseAddress! + sent, $0.count - sent) }
            if count < 0, errno != EAGAIN, errno != EINTR, errno != ENOTCONN { return close() }
            sent += max(0, count)
            if sent == request.count { shutdown(relay, Int32(SHUT_WR)) }
            return
        }
        var block = [UInt8](repeating: 0, count: 16 << 10)
        let count = recv(relay, &block, block.count, 0)
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { close() }
    }

    func close() {
        if isDone { return }
        isDone = true
        _ = Socket.close(relay)
    }
}
