import Foundation

/// One connection to a ``DeployedRelay``, served by a thread of its own.
final class DeployedConnection {
    private let descriptor: Int32
    private let channels: DeployedChannels
    private let habits: DeployedRelay.Habits
    private var received: [UInt8] = []

    private struct Request {
        let method: String
        let channel: String
        let part: String?
        let fields: [String: String]
    }

    /// The peer has gone, or there is nothing more to say to it.
    private struct Over: Error {}

    init(_ descriptor: Int32, _ channels: DeployedChannels, _ habits: DeployedRelay.Habits) {
        self.descriptor = descriptor
        self.channels = channels
        self.habits = habits
    }

    deinit { _ = Socket.close(descriptor) }

    func serve() {
        while let request = try? readHead(), (try? answer(request)) != nil {}
    }

    private func answer(_ request: Request) throws {
        switch (request.method, request.part) {
        case ("POST", nil):
            channels.create(request.channel)
            try answer("200 OK")
        case ("POST", let part?):
            guard let number = Int(part) else { return try answer("400 Bad Request", body: "Invalid idx\n") }
            try take(request, number)
        case ("DELETE", nil):
            if channels.delete(request.channel) { return try answer("200 OK") }
            try answer("400 Bad Request", body: "Invalid stream\n")
        case ("GET", let part?): try give(request.channel, part)
        default: try answer("405 Method Not Allowed")
        }
    }

    // MARK: Publishing

    private func take(_ request: Request, _ number: Int) throws {
        let name = "\(request.channel)/\(number)"
        channels.prepare(request.channel, number)
        if let limit = habits.firstByteTimeout, received.isEmpty, !channels.events.contains("time-out \(name)") {
            guard Socket.wait(descriptor, for: Int16(POLLIN), until: .now + limit) else {
                try? answer("500 Internal Server Error", body: "Server error\n")
                channels.note("time-out \(name)")
                throw Over()
            }
        }
        var count = 0
        while let piece = try readPiece(request, sofar: count) {
            channels.append(piece, to: request.channel, number)
            count += piece.count
            if let broken = habits.breaksOff, broken.segment == number, count >= broken.after {
                channels.note("break \(name)")
                try answer("500 Internal Server Error", body: "Server error\n")
                throw Over()
            }
        }
        channels.close(request.channel, number)
        try answer("200 OK")
    }

    /// The next bytes of a body; nil at its end.
    private func readPiece(_ request: Request, sofar count: Int) throws -> [UInt8]? {
        guard request.fields["transfer-encoding"] == "chunked" else {
            let length = Int(request.fields["content-length"] ?? "0") ?? 0
            if count == length { return nil }
            if received.isEmpty { try receive() }
            return take(min(received.count, length - count))
        }
        let line = String(decoding: try readLine(), as: UTF8.self)
        guard let size = Int(line, radix: 16) else { throw Over() }
        while received.count < size + 2 { try receive() }
        let bytes = take(size)
        _ = take(2)
        return size == 0 ? nil : bytes
    }

    // MARK: Reading

    private func give(_ channel: String, _ part: String) throws {
        guard let place = channels.place(channel, Int(part) ?? 0) else {
            return try answer("404 Not Found", body: "Stream not found\n")
        }
        guard Int(part) != nil else { return try answer("400 Bad Request", body: "Invalid idx\n") }
        var count = 0
        while true {
            switch channels.read(channel, place, from: count) {
            case .bytes(let bytes):
                if count == 0 {
                    try send(
                        "HTTP/1.1 200 OK\r\nLp-Trickle-Seq: \(place.number)\r\nTransfer-Encoding: chunked\r\n\r\n")
                }
                try send("\(String(bytes.count, radix: 16))\r\n")
                try send(bytes)
                try send("\r\n")
                count += bytes.count
            case .end: return try send("0\r\n\r\n")
            case .missing(let next):
                let fields = "Lp-Trickle-Latest: \(next)\r\nLp-Trickle-Seq: \(place.number)\r\n"
                return try answer("470 ", fields, body: "Entry not found")
            case .channelClosed where count > 0: return try send("0\r\n\r\n")
            case .channelClosed where habits.tellsOfTheEnd:
                return try answer("200 OK", "Lp-Trickle-Closed: terminated\r\n", body: "Entry not found")
            case .channelClosed: return try answer("404 Not Found", body: "Stream not found\n")
            }
        }
    }

    // MARK: Bytes

    private func answer(_ status: String, _ fields: String = "", body: String = "") throws {
        try send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func readHead() throws -> Request {
        let line = String(decoding: try readLine(), as: UTF8.self).split(separator: " ")
        guard line.count == 3 else { throw Over() }
        var fields: [String: String] = [:]
        while true {
            let field = String(decoding: try readLine(), as: UTF8.self)
            guard let colon = field.firstIndex(of: ":") else { break }
            fields[field[..<colon].lowercased()] = field[field.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        let path = line[1].split(separator: "/").map(String.init)
        guard let channel = path.first else { throw Over() }
        return Request(
            method: String(line[0]), channel: channel, part: path.count > 1 ? path[1] : nil, fields: fields)
    }

    private func readLine() throws -> [UInt8] {
        while true {
            if let end = received.firstRange(of: [13, 10]) {
                let line = take(end.lowerBound)
                _ = take(2)
                return line
            }
            try receive()
        }
    }

    private func take(_ count: Int) -> [UInt8] {
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Over() }
        received += buffer[..<count]
    }

    private func send(_ text: String) throws { try send(Array(text.utf8)) }

    private func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Socket.send(descriptor, $0.baseAddress!, $0.count) }
            guard count > 0 else { throw Over() }
            rest = rest.dropFirst(count)
        }
    }
}
