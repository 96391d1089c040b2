/// Work that grows with what there is.
extension Attack {
    static let lists = [longLists, manyWaiting, manyChannels]

    private static let longLists = Attack(
        "long-lists",
        "16 clients ask for the playlist and figures of 100,000 empty segments; half of them leave at once",
        preparation: { scale in
            let count = scale == .short ? 20_000 : 100_000
            let request = AttackRequest.head("DELETE", "/list/-1")
            let create = Array(AttackRequest.head("POST", "/list", "Expect-Content: video/mp2t").utf8)
            let hundred = Array(String(repeating: request, count: 100).utf8)
            return [
                AttackScript { index in index == 0 ? create : index <= count / 100 ? hundred : nil }
                    .with { $0.answers = count + 1 }
            ]
        }
    ) { _ in
        ["/list/index.m3u8", "/_api/channels"].flatMap { target in
            let staying = AttackScript(asking: AttackRequest.get(target))
            let leaving = AttackScript(once: AttackRequest.get(target)).with { $0.leaves = true }
            return Array(repeating: staying, count: 4) + Array(repeating: leaving, count: 4)
        }
    }

    private static let manyWaiting = Attack(
        "many-waiting", "2,000 readers wait for one segment, five times a second",
        preparation: { _ in [channel("crowd")] }
    ) { _ in
        let publisher = AttackScript(asking: AttackRequest.post("/crowd/-1", byteCount: 1) + "x")
            .with { $0.interval = .milliseconds(200) }
        let reader = AttackScript(asking: AttackRequest.get("/crowd/-1"))
        return [publisher] + Array(repeating: reader, count: 2000)
    }

    private static let manyChannels = Attack(
        "many-channels", "8 clients ask for the list of 9,990 channels",
        preparation: { _ in
            [
                AttackScript { $0 < 9990 ? Array(AttackRequest.create("many\($0)").utf8) : nil }
                    .with { $0.answers = 9990 }
            ]
        }
    ) { _ in
        Array(repeating: AttackScript(asking: AttackRequest.get("/_channels")), count: 8)
    }
}
