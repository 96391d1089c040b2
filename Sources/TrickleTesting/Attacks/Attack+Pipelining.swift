/// Requests without end from clients that take no answer.
extension Attack {
    static let pipelining = [
        pipelinedRequests(connectionCount: 1), pipelinedRequests(connectionCount: 8), shortHeads, headsBehindReader,
        bodyBehindReader,
    ]

    private static func pipelinedRequests(connectionCount: Int) -> Attack {
        let isOne = connectionCount == 1
        return Attack(
            isOne ? "pipelined-requests" : "pipelining-crowd",
            "84 MB of GET /x/next on \(isOne ? "one connection" : "each of \(connectionCount) connections"); no answer is read"
        ) { _ in
            let script = AttackScript(repeating: AttackRequest.get("/x/next"), byteCount: 84_000_000)
                .with { $0.reads = false }
            return Array(repeating: script, count: connectionCount)
        }
    }

    /// The shortest head there is.
    private static let shortHead = "GET /x/0 HTTP/1.1\r\nHost:a\r\n\r\n"

    private static let shortHeads = Attack(
        "short-heads", "6.5 MB of heads with one short field on each of 4 connections; no answer is read"
    ) { _ in
        let script = AttackScript(repeating: shortHead, byteCount: 6_500_000).with { $0.reads = false }
        return Array(repeating: script, count: 4)
    }

    private static let headsBehindReader = Attack(
        "heads-behind-reader", "6.5 MB of short heads behind a GET that waits, on each of 4 connections",
        preparation: { _ in [channel("wait")] }
    ) { _ in
        let waiting = AttackRequest.get("/wait/-1")
        let script = AttackScript(repeating: shortHead, after: waiting, byteCount: 6_500_000)
            .with { $0.reads = false }
        return Array(repeating: script, count: 4)
    }

    private static let bodyBehindReader = Attack(
        "body-behind-reader", "a POST of 4 MiB behind a GET that waits, on each of 50 connections",
        preparation: { _ in [channel("wait"), channel("body")] }
    ) { _ in
        let script = AttackScript(bodyOf: 4 << 20, count: 1) { _ in
            AttackRequest.get("/wait/-1") + AttackRequest.post("/body/-1", byteCount: 4 << 20)
        }
        return Array(repeating: script, count: 50)
    }

    /// Makes a channel.
    static func channel(_ name: String) -> AttackScript {
        AttackScript(once: AttackRequest.create(name)).with { $0.answers = 1 }
    }
}
