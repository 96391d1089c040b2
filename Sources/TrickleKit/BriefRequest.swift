/// A question to any HTTP server whose answer is short, and due at once. Redirects are not followed: what is sent is for that server alone.
package struct BriefRequest: Sendable {
    package struct Answer: Sendable {
        package var status: Int
        package var body: [UInt8]

        package var isSuccess: Bool { AnswerHead(status: status).isSuccess }
    }

    private let url: WebURL
    private let byteLimit: Int
    private var request: TransferRequest

    /// A GET.
    ///
    /// - Parameters:
    ///   - timeLimit: for all of it, from the name's lookup to the last byte.
    ///   - byteLimit: the most of a body that is read.
    package init(_ url: WebURL, timeLimit: Duration, byteLimit: Int) {
        self.url = url
        self.byteLimit = byteLimit
        var configuration = ClientConfiguration()
        configuration.connectTimeout = timeLimit
        request = TransferRequest(
            method: .get, peer: .other(url.description), url: url.text, configuration: configuration)
        request.timeLimit = timeLimit
    }

    /// A POST of a JSON text.
    package init(posting json: String, to url: WebURL, timeLimit: Duration, byteLimit: Int) {
        self.init(url, timeLimit: timeLimit, byteLimit: byteLimit)
        request.method = .post
        request.body = Array(json.utf8)
        request.headers = [("Content-Type", "application/json")]
    }

    /// - Throws: ``TrickleError`` where no whole answer comes in time, or a longer one; `CancellationError`.
    package func answer() async throws -> Answer {
        let transfer = Transfer(request)
        transfer.start()
        switch try await transfer.awaitHead() {
        case .failed(let failure): throw failure.error
        case .answered(let head):
            guard let body = try await transfer.awaitBody(limit: byteLimit) else {
                throw TrickleError(.refused, "cannot read \(url): it is longer than \(byteLimit) bytes")
            }
            if case .failed(let failure) = transfer.ending { throw failure.error }
            return Answer(status: head.status, body: body)
        }
    }
}
