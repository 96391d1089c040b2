import Foundation
import TrickleTesting

#if canImport(Glibc)
    import Glibc
#endif

/// A connection to a Firefox that can be driven. Each message is the number of its bytes, a colon, and JSON.
final class MarionetteSocket: @unchecked Sendable {
    // One caller at a time has it.
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var count = 0

    /// - Returns: nil while nobody listens there.
    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let failure = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard failure == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    func greeting() async throws { _ = try await message() }

    /// - Returns: what the command answers, as JSON.
    func ask(_ command: String, _ parameters: String) async throws -> Data {
        count += 1
        let text = Array("[0,\(count),\"\(command)\",\(parameters)]".utf8)
        let bytes = Array("\(text.count):".utf8) + text
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Browser.Failure(description: "Firefox takes no command")
        }
        return try await message()
    }

    private func message() async throws -> Data {
        try await onThread { [self] in
            while true {
                if let colon = received.firstIndex(of: UInt8(ascii: ":")),
                    let length = Int(String(decoding: received[..<colon], as: UTF8.self)),
                    received.count > colon + length
                {
                    defer { received.removeFirst(colon + 1 + length) }
                    return Data(received[(colon + 1)...(colon + length)])
                }
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                let got = read(descriptor, &bytes, bytes.count)
                guard got > 0 else { throw Browser.Failure(description: "Firefox has closed the connection") }
                received += bytes[..<got]
            }
        }
    }
}
