import Foundation

/// The channels of a ``DeployedRelay``, and what has become of them.
public final class DeployedChannels: @unchecked Sendable {
    fileprivate struct Segment {
        let number: Int
        var bytes: [UInt8] = []
        var isClosed = false
    }

    fileprivate struct Channel {
        let id: Int
        var next = 0
        var segments: [Segment] = []
    }

    /// What a reader gets.
    enum Reading {
        case bytes([UInt8])
        /// The segment has no more.
        case end
        /// It is not there, or was given up before it began.
        case missing(next: Int)
        case channelClosed
    }

    /// How many segments are kept.
    fileprivate static let window = 5

    private let condition = NSCondition()
    private var channels: [String: Channel] = [:]
    private var log: [String] = []
    private var count = 0

    /// What was done, in its order: `open cam/3` with the first byte, `close cam/3`, `time-out cam/4`, `break cam/4`, `delete cam`.
    public var events: [String] { locked { log } }

    /// Each request to read, as `cam/3`, in their order.
    public var reads: [String] { locked { asked } }
    private var asked: [String] = []

    /// Whether somebody waits for the first byte of that segment.
    public func isAwaited(_ name: String, _ number: Int) -> Bool {
        locked { awaited["\(name)/\(number)", default: 0] > 0 }
    }
    private var awaited: [String: Int] = [:]

    /// What was ever written of a channel, by the segments' numbers.
    public func contents(of name: String) -> [Int: [UInt8]] { locked { written[name] ?? [:] } }
    private var written: [String: [Int: [UInt8]]] = [:]

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body()
    }

    func note(_ event: String) { locked { log.append(event) } }

    func create(_ name: String) {
        locked {
            if channels[name] != nil { return }
            count += 1
            channels[name] = Channel(id: count)
        }
    }

    /// - Returns: false where there is none.
    @discardableResult
    public func delete(_ name: String) -> Bool {
        locked {
            log.append("delete \(name)")
            defer { condition.broadcast() }
            return channels.removeValue(forKey: name) != nil
        }
    }

    /// A POST has come for that number: whatever stood in its place gives way, and what another writes under it stays.
    func prepare(_ name: String, _ number: Int) {
        create(name)
        locked { channels[name]?.make(number) }
    }

    func append(_ bytes: [UInt8], to name: String, _ number: Int) {
        locked {
            guard let channel = channels[name] else { return }
            // Connections that bring short segments at the same time are not served in their order.
            channels[name]?.next = max(channel.next, number + 1)
            written[name, default: [:]][number, default: []] += bytes
            guard let index = channels[name]?.index(of: number) else { return }
            if channels[name]?.segments[index].bytes.isEmpty == true { log.append("open \(name)/\(number)") }
            channels[name]?.segments[index].bytes += bytes
            condition.broadcast()
        }
    }

    func close(_ name: String, _ number: Int) {
        locked {
            log.append("close \(name)/\(number)")
            guard let index = channels[name]?.index(of: number) else { return }
            channels[name]?.segments[index].isClosed = true
            condition.broadcast()
        }
    }

    /// The number that a position means.
    func place(_ name: String, _ position: Int) -> (channel: Int, number: Int)? {
        locked {
            asked.append("\(name)/\(position)")
            guard let channel = channels[name] else { return nil }
            let number =
                switch position {
                case -1: channel.next
                case -2: max(0, channel.next - 1)
                default: position
                }
            if number == channel.next || (channel.next == 0 && number == 1) { channels[name]?.make(number) }
            return (channel.id, number)
        }
    }

    /// Bytes of a segment from `offset` on; waits for them.
    func read(
        _ name: String, _ place: (channel: Int, number: Int), from offset: Int
    ) -> Reading {
        locked {
            while true {
                guard let channel = channels[name], channel.id == place.channel else { return .channelClosed }
                guard let index = channel.index(of: place.number) else {
                    return offset == 0 ? .missing(next: channel.next) : .end
                }
                let segment = channel.segments[index]
                if segment.bytes.count > offset { return .bytes(Array(segment.bytes[offset...])) }
                if segment.isClosed { return offset == 0 ? .missing(next: channel.next) : .end }
                let key = "\(name)/\(place.number)"
                awaited[key, default: 0] += offset == 0 ? 1 : 0
                condition.wait()
                awaited[key, default: 0] -= offset == 0 ? 1 : 0
            }
        }
    }
}

extension DeployedChannels.Channel {
    fileprivate func index(of number: Int) -> Int? { segments.firstIndex { $0.number == number } }

    fileprivate mutating func make(_ number: Int) {
        if index(of: number) != nil { return }
        segments.append(.init(number: number))
        if segments.count > DeployedChannels.window { segments.removeFirst() }
    }
}
