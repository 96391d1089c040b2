import Foundation

/// What Linux tells of a socket's timers in `/proc/net/tcp`.
enum KeepAliveTimer {
    /// The time until the other end of the connection is asked whether it is alive; nil when it never is.
    ///
    /// - Throws: ``ConformanceSkip`` where the other end is not on this machine, or there is no such file.
    /// - Parameter ports: those of the two ends.
    static func ofPeer(_ ports: (own: UInt16, peer: UInt16)?) throws -> Duration? {
        guard let ports else { throw ConformanceSkip(reason: "the connection has no ports") }
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap {
            FileHandle(forReadingAtPath: $0)?.readDataToEndOfFile()
        }
        for line in String(decoding: tables.joined(), as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5, port(fields[1]) == ports.peer, port(fields[2]) == ports.own else { continue }
            let timer = fields[5].split(separator: ":")
            // 2 is the timer of keep-alive; its time is in hundredths of a second.
            guard timer.count == 2, timer[0] == "02", let ticks = Int(timer[1], radix: 16) else { return nil }
            return .milliseconds(ticks * 10)
        }
        throw ConformanceSkip(reason: "only the system that the relay runs on tells of its timers, where that is Linux")
    }

    /// The port of `0100007F:1F90`.
    private static func port(_ address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
