/// Connections that stay.
extension Attack {
    static let silence = [unfinished, silent]

    private static let unfinished = Attack(
        "unfinished", "requests that begin and do not end; the relay waits 1 s for a head and 2 or 4 s for a request",
        relayOptions: ["--head-timeout", "1s", "--keep-alive", "2s", "--idle-timeout", "4s"],
        preparation: { _ in [channel("hold")] }
    ) { _ in
        let missing = "Content-Length: 5"
        let requests = [
            ("a GET whose body does not come", AttackRequest.head("GET", "/hold/next", missing)),
            ("a DELETE whose body does not come", AttackRequest.head("DELETE", "/gone", missing)),
            ("a POST of a channel whose body does not come", AttackRequest.head("POST", "/hold1", missing)),
            ("a head that has begun", "GET /hold/next HTTP/1.1\r\nHos"),
            ("a head begun behind a GET that waits", AttackRequest.get("/hold/-1") + "GET /hold"),
            ("a chunk-size line that has begun", AttackRequest.chunkedPost("/hold2/0") + "1"),
            ("a second chunk-size line that has begun", AttackRequest.chunkedPost("/hold3/0") + "1\r\nx\r\n1"),
            ("a trailer that has begun", AttackRequest.chunkedPost("/hold4/0") + "1\r\nx\r\n0\r\nX-Fie"),
            (
                "200,000 zeros as a chunk size",
                AttackRequest.chunkedPost("/hold5/0") + String(repeating: "0", count: 200_000)
            ),
            ("a connection without a request", ""),
            ("a connection that has read and is silent", AttackRequest.get("/_channels")),
        ]
        return requests.map { name, text in
            AttackScript(once: text).with {
                $0.name = name
                $0.comesBack = false
                // A machine that is busy takes its time; the report says how long it was.
                $0.endsWithin = .seconds(15)
            }
        }
    }

    private static let silent = Attack(
        "silent-connections", "4,000 connections that send nothing"
    ) { scale in
        Array(repeating: AttackScript(once: ""), count: scale == .short ? 1000 : 4000)
    }
}
