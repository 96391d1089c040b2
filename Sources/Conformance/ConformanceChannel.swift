/// A channel of the relay under test, and what a case does with it.
struct ConformanceChannel {
    let session: ConformanceSession
    let name: String

    func path(_ part: String) -> String { "/\(name)/\(part)" }
    func path(_ number: Int) -> String { "/\(name)/\(number)" }

    // MARK: Reading

    /// Sends a GET; the answer is taken from the connection.
    func get(_ position: Int, _ fields: [String] = [], version: String = "1.1") throws -> RawConnection {
        try session.send("GET", path(position), fields, version: version)
    }

    /// Sends a GET that has to wait, and sees that it does.
    ///
    func waitingGet(_ position: Int, _ fields: [String] = [], version: String = "1.1") throws -> RawConnection {
        let reader = try get(position, fields, version: version)
        try letArrive()
        try reader.expectSilence(session.settings.silence)
        return reader
    }

    /// Gives a request time to be taken.
    ///
    /// Nothing tells that a relay has taken a request that it does not answer yet. Requests that came later and have been
    /// answered are the next best sign, some for each of a few threads that it may have.
    private func letArrive() throws {
        for _ in 0..<12 { _ = try session.answer("GET", path("next")) }
    }

    /// The whole answer to a GET.
    func read(_ position: Int, _ fields: [String] = []) throws -> RawResponse {
        try session.answer("GET", path(position), fields)
    }

    func head(_ position: Int, _ fields: [String] = []) throws -> RawHead {
        try session.answer("HEAD", path(position), fields).head
    }

    /// The number that `GET /ch/next` tells.
    func next() throws -> Int {
        let answer = try session.answer("GET", path("next"))
        try answer.head.expect(status: 200)
        guard let number = Int(answer.text.trimmingSpaces.filter { !$0.isNewline }) else {
            throw ConformanceFailure("'\(answer.text)' is not a number")
        }
        return number
    }

    func expectNext(_ number: Int) throws {
        let found = try next()
        try expect(found == number, "next is \(found), not \(number)")
    }

    /// Sees that a segment has those bytes and has ended well.
    func expectSegment(_ number: Int, _ text: String) throws {
        let answer = try read(number)
        try answer.head.expect(status: 200)
        try expect(answer.text == text, "segment \(number) is '\(answer.text)', not '\(text)'")
        try expect(answer.rest.isWhole, "segment \(number) is cut off")
        try answer.head.expect("Lp-Trickle-Seq", "\(number)")
        try expect(answer["Lp-Trickle-Aborted"] == nil, "segment \(number) is aborted")
    }

    // MARK: Publishing

    /// Publishes a whole segment.
    @discardableResult
    func publish(_ position: Int, _ text: String, _ fields: [String] = []) throws -> RawResponse {
        let length = "Content-Length: \(text.utf8.count)"
        let answer = try session.answer("POST", path(position), [length] + fields, body: text)
        try answer.head.expect(status: 200)
        return answer
    }

    /// Publishes the segments 0 … `count` − 1; segment n is the text `segment n`.
    func publish(first count: Int) throws {
        for number in 0..<count { try publish(number, "segment \(number)") }
    }

    /// Begins a segment and sees that the relay has its first bytes.
    func open(_ position: Int, _ text: String, _ fields: [String] = []) throws -> ConformancePublication {
        let publication = try preconnect(position, fields)
        try publication.write(text)
        guard position >= 0 else { return publication }
        // The GET may be there before the POST's bytes: it waits then, or is told that there is no such segment yet.
        try session.eventually("the first bytes of segment \(position) do not arrive") {
            let reader = try get(position)
            defer { reader.close() }
            let head = try reader.receiveHead()
            if head.status == 470 { return false }
            try head.expect(status: 200)
            try reader.expectBody(text)
            return true
        }
        return publication
    }

    /// Sends the head of a POST, and sees that the relay has taken it.
    func preconnect(_ position: Int, _ fields: [String] = []) throws -> ConformancePublication {
        let connection = try session.connect()
        guard session.settings.getsContinue else {
            try connection.send(session.head("POST", path(position), ["Transfer-Encoding: chunked"] + fields))
            try letArrive()
            return ConformancePublication(connection: connection)
        }
        let fields = ["Transfer-Encoding: chunked", "Expect: 100-continue"] + fields
        try connection.send(session.head("POST", path(position), fields))
        let head = try connection.receiveAnyHead(to: "POST")
        try expect(head.status == 100, "Expect: 100-continue is answered with \(head.status)")
        return ConformancePublication(connection: connection)
    }

    func delete() throws -> RawResponse { try session.answer("DELETE", "/\(name)") }
    func delete(_ position: Int) throws -> RawResponse { try session.answer("DELETE", path(position)) }
}

/// A POST with a chunked body that is being written.
struct ConformancePublication {
    let connection: RawConnection

    func write(_ text: String) throws {
        try connection.send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    /// Ends the body and takes the answer.
    @discardableResult
    func finish() throws -> RawResponse {
        try connection.send("0\r\n\r\n")
        let answer = try connection.receiveResponse(to: "POST")
        try answer.head.expect(status: 200)
        return answer
    }

    /// Closes in the middle of the body.
    func breakOff() { connection.close() }
}

extension RawHead {
    func expect(status expected: Int...) throws {
        let list = expected.map(String.init).joined(separator: " or ")
        try Conformance.expect(expected.contains(status), "the answer is \(status), not \(list)")
    }

    func expect(_ name: String, _ value: String) throws {
        let found = self[name].map { "'\($0)'" } ?? "missing"
        try Conformance.expect(self[name] == value, "\(name) is \(found), not '\(value)'")
    }

    func expect(absent name: String) throws {
        try Conformance.expect(self[name] == nil, "\(name) is '\(self[name] ?? "")' and should not be there")
    }

    /// An error's status, and the features that every answer carries.
    func expectClosed() throws {
        try expect(status: 200)
        try expect("Lp-Trickle-Closed", "terminated")
    }
}
