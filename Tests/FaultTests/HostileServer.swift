import Foundation
import Synchronization
import TrickleTesting

/// Calls itself a relay: each connection that sends something gets a beginning, and then a part again and again.
final class HostileServer: Sendable {
    struct Answer: CustomStringConvertible, Sendable {
        let description: String
        let start: String
        var more = ""
    }

    let port: Int
    private let listener: Int32
    private let answer: Answer
    private let isOver = Atomic(false)

    init(_ answer: Answer) throws {
        listener = socket(AF_INET, PlainListener.stream, 0)
        var address = PlainListener.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0 && listen(listener, 64) == 0
            }
        }
        guard isListening else { throw PlainSocketError("cannot listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.answer = answer
        Thread { self.run() }.start()
    }

    /// Lets go of its connections.
    func stop() { isOver.store(true, ordering: .relaxed) }

    private func run() {
        var connections: [Int32] = []
        var answered: Set<Int32> = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while !isOver.load(ordering: .relaxed) {
            var entries = ([listener] + connections).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // Whoever is sent more is not waited for.
            poll(&entries, nfds_t(entries.count), answer.more.isEmpty || answered.isEmpty ? 20 : 1)
            for entry in entries.dropFirst() where entry.revents != 0 {
                if recv(entry.fd, &block, block.count, Int32(MSG_DONTWAIT)) == 0 {
                    connections.removeAll { $0 == entry.fd }
                    answered.remove(entry.fd)
                    close(entry.fd)
                } else if answered.insert(entry.fd).inserted {
                    send(answer.start, to: entry.fd)
                }
            }
            if !answer.more.isEmpty { for connection in answered { send(answer.more, to: connection) } }
            if entries[0].revents != 0 { connections.append(accept(listener, nil, nil)) }
        }
        for descriptor in connections + [listener] { close(descriptor) }
    }

    private func send(_ text: String, to descriptor: Int32) {
        #if canImport(Glibc)
            let options = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        #else
            let options = Int32(MSG_DONTWAIT)
        #endif
        _ = Array(text.utf8).withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, options) }
    }
}
