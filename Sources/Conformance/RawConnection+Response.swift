extension RawConnection {
    // MARK: Heads

    /// The next head, 1xx ones included.
    func receiveAnyHead(to method: String = "GET") throws -> RawHead {
        let deadline = ContinuousClock.now + patience
        var lines: [String] = []
        while true {
            let line = try receiveLine(until: deadline, what: "a head")
            if line.isEmpty { break }
            lines.append(line)
        }
        guard let first = lines.first else {
            throw ConformanceFailure("an empty line stands where a status line should")
        }
        let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), parts[1].utf8.count == 3, let status = Int(parts[1])
        else { throw ConformanceFailure("'\(first)' is not a status line") }
        var head = RawHead(version: String(parts[0]), status: status)
        head.fields = try Self.fields(lines.dropFirst())
        framing = try Self.framing(of: head, to: method)
        return head
    }

    /// The head of the final answer; those of 1xx before it are dropped.
    package func receiveHead(to method: String = "GET") throws -> RawHead {
        while true {
            let head = try receiveAnyHead(to: method)
            if head.status >= 200 { return head }
        }
    }

    /// The whole answer to a request.
    package func receiveResponse(to method: String = "GET") throws -> RawResponse {
        var interim: [RawHead] = []
        while true {
            let head = try receiveAnyHead(to: method)
            if head.status >= 200 { return RawResponse(interim: interim, head: head, rest: try receiveRest()) }
            interim.append(head)
        }
    }

    private static func fields(_ lines: some Sequence<String>) throws -> RawFields {
        var fields: RawFields = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, line.first != " ", line.first != "\t"
            else { throw ConformanceFailure("'\(line)' is not a field line") }
            fields.append(String(line[..<colon]), line[line.index(after: colon)...].trimmingSpaces)
        }
        return fields
    }

    private static func framing(of head: RawHead, to method: String) throws -> BodyFraming {
        if method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304 { return .none }
        if let coding = head["Transfer-Encoding"] {
            guard coding.lowercased() == "chunked" else {
                throw ConformanceFailure("the transfer coding is '\(coding)'")
            }
            guard head["Content-Length"] == nil else {
                throw ConformanceFailure("the answer has both Content-Length and Transfer-Encoding")
            }
            return .chunked(left: nil)
        }
        guard let text = head["Content-Length"] else { return .untilClose }
        guard let length = Int(text), length >= 0 else { throw ConformanceFailure("Content-Length is '\(text)'") }
        return .length(left: length)
    }

    // MARK: Bodies

    /// The next payload bytes; as many as have come, at least one.
    ///
    /// - Returns: nil at the end, whose kind `framing` and `trailers` tell.
    private func receivePayload(
        limit: Int, until deadline: ContinuousClock.Instant, rest: inout RawBodyRest
    ) throws -> [UInt8]? {
        while true {
            switch framing {
            case .none, .length(left: 0):
                rest.isWhole = true
                return nil
            case .untilClose:
                if !pending.isEmpty { return take(limit) }
                if try receive(until: deadline) == .end { return nil }
            case .length(let left):
                if !pending.isEmpty {
                    let bytes = take(min(limit, left))
                    framing = .length(left: left - bytes.count)
                    return bytes
                }
                if try receive(until: deadline) == .end { return nil }
            case .chunked(left: nil):
                guard let line = try receiveLineOrEnd(until: deadline, what: "a chunk size") else { return nil }
                let digits = line.prefix { $0 != ";" }
                guard !digits.isEmpty, let size = Int(digits, radix: 16) else {
                    throw ConformanceFailure("'\(line)' is not a chunk size")
                }
                guard size == 0 else {
                    framing = .chunked(left: size)
                    continue
                }
                try receiveTrailers(until: deadline, into: &rest)
                return nil
            case .chunked(.some(let left)):
                if left == 0 {
                    guard let line = try receiveLineOrEnd(until: deadline, what: "the end of a chunk") else {
                        return nil
                    }
                    guard line.isEmpty else { throw ConformanceFailure("'\(line)' stands where a chunk ends") }
                    framing = .chunked(left: nil)
                    continue
                }
                if !pending.isEmpty {
                    let bytes = take(min(limit, left))
                    framing = .chunked(left: left - bytes.count)
                    return bytes
                }
                if try receive(until: deadline) == .end { return nil }
            }
            if deadline <= .now { throw ConformanceFailure("no more of the body came within \(patience)") }
        }
    }

    private func receiveTrailers(until deadline: ContinuousClock.Instant, into rest: inout RawBodyRest) throws {
        var lines: [String] = []
        while true {
            guard let line = try receiveLineOrEnd(until: deadline, what: "the trailer section") else { return }
            if line.isEmpty { break }
            lines.append(line)
        }
        rest.trailers = try Self.fields(lines)
        rest.isWhole = true
        framing = .none
    }

    /// The next `count` payload bytes, and no more.
    ///
    /// - Throws: ``ConformanceFailure`` when they do not come in time, or the body ends before.
    package func receiveBody(_ count: Int) throws -> [UInt8] {
        let deadline = ContinuousClock.now + patience
        var bytes: [UInt8] = []
        var rest = RawBodyRest(bytes: [], trailers: [], isWhole: false)
        while bytes.count < count {
            guard let more = try receivePayload(limit: count - bytes.count, until: deadline, rest: &rest) else {
                throw ConformanceFailure(
                    "the body ended after \(bytes.count) of \(count) bytes: '\(String(decoding: bytes, as: UTF8.self))'"
                )
            }
            bytes += more
        }
        return bytes
    }

    /// The next payload bytes as text.
    func expectBody(_ text: String) throws {
        let got = String(decoding: try receiveBody(text.utf8.count), as: UTF8.self)
        try expect(got == text, "the body goes on with '\(got)', not '\(text)'")
    }

    /// All that is left of the body.
    ///
    /// - Parameter count: of payload bytes at most; nil for all.
    package func receiveRest(atMost count: Int = .max) throws -> RawBodyRest {
        var rest = RawBodyRest(bytes: [], trailers: [], isWhole: false)
        while rest.bytes.count < count {
            let limit = min(1 << 20, count - rest.bytes.count)
            guard let bytes = try receivePayload(limit: limit, until: .now + patience, rest: &rest) else { break }
            rest.bytes += bytes
        }
        return rest
    }

    // MARK: Lines, silence, ends

    private func receiveLine(until deadline: ContinuousClock.Instant, what: String) throws -> String {
        guard let line = try receiveLineOrEnd(until: deadline, what: what) else {
            throw ConformanceFailure("the relay closed the connection where \(what) should be")
        }
        return line
    }

    /// A line without its CRLF; nil when the connection ends before it.
    private func receiveLineOrEnd(until deadline: ContinuousClock.Instant, what: String) throws -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = take(end - pending.startIndex + 1).dropLast()
                guard line.last == UInt8(ascii: "\r") else { throw ConformanceFailure("a line ends in a bare LF") }
                return String(decoding: line.dropLast(), as: UTF8.self)
            }
            switch try receive(until: deadline) {
            case .bytes: continue
            case .end: return nil
            case .nothing: throw ConformanceFailure("\(what) did not come within \(patience)")
            }
        }
    }

    /// Fails if anything comes, the end included, in that time; the line end of a chunk that is over is nothing.
    func expectSilence(_ time: Duration) throws {
        let deadline = ContinuousClock.now + time
        repeat {
            if case .chunked(left: 0) = framing, pending.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) {
                _ = take(2)
                framing = .chunked(left: nil)
            }
            guard pending.isEmpty else { break }
        } while try receive(until: deadline) == .bytes
        let text = String(decoding: pending.prefix(200), as: UTF8.self)
        try expect(pending.isEmpty, "the relay should be silent, and sent '\(text)'")
        try expect(!hasEnded, "the relay closed the connection")
    }

    /// Fails unless the relay closes the connection, without another byte.
    func expectEnd() throws {
        let deadline = ContinuousClock.now + patience
        while true {
            guard pending.isEmpty else {
                let text = String(decoding: pending.prefix(200), as: UTF8.self)
                throw ConformanceFailure("the relay should close the connection, and sent '\(text)'")
            }
            switch try receive(until: deadline) {
            case .bytes: continue
            case .end: return
            case .nothing: throw ConformanceFailure("the relay did not close the connection within \(patience)")
            }
        }
    }
}
