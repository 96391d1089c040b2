import ChildProcesses
import MPEGTS

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The beginning of a file, by which it is judged.
package enum FileHead {
    private static let byteCount = 64 << 10

    /// The first 64 KiB of a file.
    ///
    /// - Throws: `SystemError` when it cannot be read.
    package static func bytes(ofFile path: String) throws -> [UInt8] {
        let descriptor = try OwnedDescriptor.open(path, O_RDONLY)
        var head = [UInt8](repeating: 0, count: byteCount)
        let count = read(descriptor.rawValue, &head, head.count)
        guard count >= 0 else { throw SystemError("read '\(path)'") }
        return Array(head.prefix(count))
    }

    /// Whether a file is MPEG-TS, judged by its head.
    ///
    /// - Throws: `SystemError` when it cannot be read.
    package static func isTransportStream(file path: String) throws -> Bool {
        TransportPacket.areFound(in: try bytes(ofFile: path))
    }
}
