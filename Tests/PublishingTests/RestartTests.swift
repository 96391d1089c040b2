import Testing
import TrickleKit

@testable import Endings
@testable import MediaChildren
@testable import Publishing

@Suite struct RestartTests {
    private let backoff = Backoff(initial: .seconds(1), cap: .seconds(8))

    /// The waits after starts that fail at once.
    private func waits(_ restarts: inout RestartState, count: Int) -> [Duration?] {
        var now = Duration.zero
        return (0..<count).map { _ in
            restarts.started(now: now)
            let wait = restarts.ended(now: now, jitter: 1)
            now += wait ?? .zero
            return wait
        }
    }

    @Test func `the waits grow up to a cap`() {
        var restarts = RestartState(patience: nil, backoff: backoff, now: .zero)
        #expect(waits(&restarts, count: 6) == [1, 2, 4, 8, 8, 8].map { Duration.seconds($0) })
    }

    @Test func `what was away for as long as anybody waits is given up`() {
        var restarts = RestartState(patience: .seconds(5), backoff: backoff, now: .zero)
        #expect(waits(&restarts, count: 4) == [.seconds(1), .seconds(2), .seconds(2), nil])
    }

    @Test func `what has worked for a while begins small again, what fails at once does not`() {
        var restarts = RestartState(patience: .seconds(5), soundAfter: .seconds(10), backoff: backoff, now: .zero)
        _ = waits(&restarts, count: 3)
        restarts.started(now: .seconds(100))
        restarts.worked(now: .seconds(101))
        #expect(restarts.ended(now: .seconds(101), jitter: 1) == .seconds(5))
        restarts.started(now: .seconds(200))
        restarts.worked(now: .seconds(210))
        #expect(restarts.ended(now: .seconds(210), jitter: 1) == .seconds(1))
    }

    @Test func `what is hindered by another is not given up for that, and waits longer each time`() {
        var restarts = RestartState(patience: .seconds(5), backoff: backoff, now: .zero)
        var now = Duration.zero
        for wait in [1, 2, 4, 8, 8] as [Int64] {
            restarts.started(now: now)
            #expect(restarts.hindered(now: now, jitter: 1) == .seconds(wait))
            now += .seconds(wait)
        }
        // From here on it is itself that is away.
        restarts.started(now: now)
        #expect(restarts.ended(now: now, jitter: 1) == .seconds(5))
        #expect(restarts.ended(now: now + .seconds(5), jitter: 1) == nil)
    }

    @Test func `of a flood of lines some are shown, and the rest is counted`() {
        var budget = LineBudget()
        let start = ContinuousClock.now
        let decisions = (0..<100).map { _ in budget.take(now: start) }
        #expect(decisions.filter { $0 == .show(omitted: 0) }.count == LineBudget.linesPerSecond)
        #expect(budget.take(now: start + .seconds(1)) == .show(omitted: 100 - LineBudget.linesPerSecond))
        #expect(budget.takeOmitted() == 0)
    }

    @Test func `a nudge ends a wait, and one that came before is not lost`() async {
        let nudge = Nudge()
        nudge.give()
        #expect(await nudge.wait(atMost: .seconds(3600), stop: StopRequest()))
        async let waiting = nudge.wait(atMost: .seconds(3600), stop: StopRequest())
        nudge.give()
        #expect(await waiting)
        let stop = StopRequest()
        stop.make(signal: 2)
        #expect(await nudge.wait(atMost: .seconds(3600), stop: stop) == false)
        #expect(await nudge.wait(atMost: .milliseconds(1), stop: StopRequest()) == false)
    }
}

@Suite struct CredentialsTests {
    @Test(arguments: [
        ("rtsp://user:secret@camera:554/1?x=1", "rtsp://…@camera:554/1?x=1"),
        ("'rtsp://u:p@h/x': Connection refused", "'rtsp://…@h/x': Connection refused"),
        ("tcp://h:1 and https://a:b@c/d", "tcp://h:1 and https://…@c/d"),
        ("rtsp://user:sec/ret@camera/1", "rtsp://…@camera/1"),
        ("-i 'rtsp://u:a;b'\"<c@camera/1' -c copy", "-i 'rtsp://…@camera/1' -c copy"),
        ("'http://a:b@c';http://d:e@f", "'http://…@c';http://…@f"),
        ("srt://h:9000?passphrase=01;23'45&latency=1", "srt://h:9000?passphrase=…&latency=1"),
        ("srt://h:9000?mode=caller&passphrase=0123456789&latency=1", "srt://h:9000?mode=caller&passphrase=…&latency=1"),
        ("http://h/a.ts?token=abc", "http://h/a.ts?token=…"),
        ("udp://@:5000", "udp://@:5000"), ("http://h/a?b#c", "http://h/a?b#c"), ("no URL", "no URL"),
    ])
    func `nothing that is shown has a password in it`(text: String, shown: String) {
        #expect(Credentials.hidden(in: text) == shown)
    }

    @Test func `credentials from elsewhere go where a URL has none`() throws {
        let input = try MediaInput("rtsp://camera/1").adding(credentials: "me:p@ss:w/rd")
        #expect(input == .url(scheme: "rtsp", text: "rtsp://me:p%40ss%3Aw%2Frd@camera/1"))
        #expect(input.description == "rtsp://…@camera/1")
        let own = try MediaInput("rtsp://a:b@camera/1")
        #expect(own.adding(credentials: "me:x") == own)
    }
}
