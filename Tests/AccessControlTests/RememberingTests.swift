import Testing

@testable import AccessControl
@testable import TrickleRelay

/// What is remembered of those who have shown who they are, and of those who have not.
@Suite struct RememberingTests {
    @Test func whoHasNotComeForTheLongestTimeIsForgotten() async throws {
        let bench = try AccessBench("- {to: {jwt: key.pem}}", standingCount: 10)
        for number in 0..<100 { bench.tokens.set("t\(number)", [.read: ["*"]]) }
        for number in 0..<100 {
            #expect(try await bench.ask(.read, "cam", "Bearer t\(number)").text == "allowed")
            // One that comes again and again stays.
            #expect(try await bench.ask(.read, "cam", "Bearer t0") == ("allowed", true))
            #expect(bench.access.standingCount <= 10)
        }
        #expect(try await bench.ask(.read, "cam", "Bearer t1") == ("allowed", false))
        #expect(bench.tokens.callCount == 101)
    }

    @Test func newRulesKnowNobody() async throws {
        let bench = try AccessBench("- {to: {jwt: key.pem}}")
        bench.tokens.set("t", [.read: ["*"], .publish: ["*"]])
        #expect(try await bench.ask(.publish, "cam", "Bearer t").text == "allowed")
        #expect(bench.access.standingCount == 1)
        try bench.replace(with: "- {allow: read, to: {jwt: key.pem}}")
        #expect(bench.access.standingCount == 0)
        #expect(try await bench.ask(.publish, "cam", "Bearer t") == ("hidden", false))
        #expect(try await bench.ask(.read, "cam", "Bearer t") == ("allowed", true))
    }

    @Test func whoGuessesTenTimesInAMinuteWaits() async throws {
        let bench = try AccessBench(
            "[{allow: read, to: anybody}, {allow: publish, to: [{token: \(RuleTests.token)}, {token: a-known-token-00}]}]"
        )
        let bearer = "Bearer \(RuleTests.token)"
        #expect(try await bench.ask(.publish, "cam", "Bearer a-known-token-00").text == "allowed")
        for number in 0..<10 {
            #expect(try await bench.ask(.publish, "cam", "Bearer guess\(number)").text.hasPrefix("wrong"))
            bench.time.move(by: .seconds(1))
            // To have none is no failure.
            #expect(try await bench.ask(.publish, "cam").text == "missing")
        }
        #expect(try await bench.ask(.publish, "cam", "Bearer guess") == ("wait 50.0 seconds", true))
        // A right guess is none now, but who was known before goes on; so does what is open.
        #expect(try await bench.ask(.publish, "cam", bearer) == ("wait 50.0 seconds", true))
        #expect(try await bench.ask(.publish, "cam", "Bearer a-known-token-00").text == "allowed")
        #expect(try await bench.ask(.publish, "cam").text == "missing")
        #expect(try await bench.ask(.read, "cam", bearer).text == "anybody")
        // Others do not wait.
        #expect(try await bench.ask(.publish, "cam", from: "192.0.2.2", "Bearer guess").text.hasPrefix("wrong"))
        // New rules do not help.
        try bench.replace(with: "- {allow: publish, to: {token: \(RuleTests.token)}}")
        #expect(try await bench.ask(.publish, "cam", bearer).text == "wait 50.0 seconds")
        bench.time.move(by: .seconds(50))
        #expect(try await bench.ask(.publish, "cam", bearer).text == "allowed")
    }

    @Test func aNetworkOfIPv6IsOneAddress() async throws {
        let bench = try AccessBench("- {allow: publish, to: {token: \(RuleTests.token)}}")
        for number in 0..<10 {
            _ = try await bench.ask(.publish, "cam", from: "2001:db8::\(number)", "Bearer guess\(number)")
        }
        #expect(
            try await bench.ask(.publish, "cam", from: "2001:db8::ffff", "Bearer guess").text == "wait 60.0 seconds")
        #expect(try await bench.ask(.publish, "cam", from: "2001:db8:0:1::1", "Bearer guess").text.hasPrefix("wrong"))
    }

    @Test func guessesThatComeAllAtOnceAreNoMoreThanOthers() async throws {
        let hash = try #require(PasswordHash.make(from: "secret", cost: 4)).text
        let bench = try AccessBench("- {allow: read, to: {user: ana, password: \"\(hash)\"}}")
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<50 {
                group.addTask { try await bench.ask(.read, "cam", UserTests.basic("ana", "guess\(number)")).text }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.hasPrefix("wrong") } <= 10)
        #expect(answers.allSatisfy { $0.hasPrefix("wrong") || $0.hasPrefix("wait") })
    }

    @Test func aListIsNoWayToGuessUnseen() async throws {
        let bench = try AccessBench(
            "[{allow: list, channels: open, to: anybody}, {allow: list, to: {token: \(RuleTests.token)}}]")
        for number in 0..<10 {
            #expect(try await bench.ask(.list, nil, "Bearer guess\(number)").text == "anybody open")
        }
        #expect(try await bench.ask(.list, nil, "Bearer \(RuleTests.token)").text == "anybody open")
        bench.time.move(by: .seconds(60))
        #expect(try await bench.ask(.list, nil, "Bearer \(RuleTests.token)").text == "allowed")
    }

    @Test func aHookThatRefusesOrIsAwayHidesNoGuesses() async throws {
        let hash = try #require(PasswordHash.make(from: "secret", cost: 4)).text
        for answer in [HookAnswer.refused, .undecided, .credentialsWrong] {
            let bench = try AccessBench(
                "[{allow: read, to: {user: ana, password: \"\(hash)\"}}, {allow: read, to: {hook: 'http://hook/'}}]")
            bench.hook.set("read cam", answer)
            for number in 0..<10 { _ = try await bench.ask(.read, "cam", UserTests.basic("ana", "guess\(number)")) }
            #expect(try await bench.ask(.read, "cam", UserTests.basic("ana", "secret")).text == "wait 60.0 seconds")
        }
    }

    @Test func whoIsKnownToAHookDoesNotGuess() async throws {
        let bench = try AccessBench("- {allow: read, to: {hook: 'http://hook/'}}")
        bench.hook.set("read cam", .allowed)
        bench.hook.set("read hall", .refused)
        bench.hook.set("read studio", .undecided)
        for number in 0..<20 {
            #expect(try await bench.ask(.read, "cam", "Bearer t\(number)").text == "allowed")
            #expect(try await bench.ask(.read, "hall", "Bearer t\(number)").text == "hidden")
            #expect(try await bench.ask(.read, "studio", "Bearer t\(number)").text == "undecided")
        }
        for number in 0..<10 { _ = try await bench.ask(.read, "x", "Bearer t\(number)") }
        #expect(try await bench.ask(.read, "x", "Bearer t").text == "wait 60.0 seconds")
        #expect(try await bench.ask(.read, "cam", "Bearer t").text == "wait 60.0 seconds")
        // What the hook has said already still counts.
        bench.hook.set("read cam", .allowed, isKnown: true)
        #expect(try await bench.ask(.read, "cam", "Bearer t").text == "allowed")
    }

    @Test func moreCredentialsThanAreLookedAtAtOnceAreUndecided() async throws {
        let bench = try AccessBench("- {to: {jwt: key.pem}}", standingCount: 10_000)
        let count = SecretRegister.maximumRunningCount
        #expect(count == 1000)
        bench.tokens.hold()
        for number in 0...count { bench.tokens.set("t\(number)", [.read: ["*"]]) }
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<count {
                // From many addresses: none of them is somebody who guesses.
                let address = "10.0.\(number / 250).\(number % 250)"
                group.addTask { try await bench.ask(.read, "cam", from: address, "Bearer t\(number)").text }
            }
            while bench.tokens.callCount < count { await Task.yield() }
            let last = try await bench.ask(.read, "cam", "Bearer t\(count)")
            #expect(last == ("undecided", false))
            // Who presents what is being looked at waits for that.
            group.addTask { try await bench.ask(.read, "cam", "Bearer t0").text }
            bench.tokens.letGo()
            for try await text in group { #expect(text == "allowed") }
        }
        #expect(bench.tokens.callCount == count)
        #expect(try await bench.ask(.read, "cam", "Bearer t\(count)").text == "allowed")
    }

    @Test func whatIsAskedAgainIsNoGuess() async throws {
        let hash = try #require(PasswordHash.make(from: "secret", cost: 4)).text
        let users = "{allow: read, to: {user: ana, password: \"\(hash)\"}}"
        let bench = try AccessBench("[{allow: read, to: {token: \(RuleTests.token)}}, \(users)]")
        #expect(try await bench.ask(.read, "cam", "Bearer \(RuleTests.token)").text == "allowed")
        try bench.replace(with: "[{allow: read, to: {token: another-token-of-16}}, \(users)]")
        for _ in 0..<20 {
            let again = try await bench.ask(.read, "cam", "Bearer \(RuleTests.token)", isAgain: true)
            #expect(again == ("wrong: the token is not known here", true))
        }
        #expect(try await bench.ask(.read, "cam", "Bearer another-token-of-16").text == "allowed")
        // Others at the same address who guess do not keep anybody in.
        for number in 0..<10 { _ = try await bench.ask(.read, "cam", "Bearer guess\(number)") }
        #expect(try await bench.ask(.read, "cam", "Bearer \(RuleTests.token)").text == "wait 60.0 seconds")
        let again = try await bench.ask(.read, "cam", "Bearer \(RuleTests.token)", isAgain: true)
        #expect(again.text == "wrong: the token is not known here")
        #expect(try await bench.ask(.read, "cam", UserTests.basic("ana", "secret"), isAgain: true).text == "allowed")
    }

    @Test func rulesComeAndGo() async throws {
        let bench = try AccessBench(nil)
        #expect(bench.access.isOpen)
        #expect(try await bench.ask(.publish, "cam", "Bearer t") == ("anybody", true))
        let generation = bench.access.generation
        try bench.replace(with: "- {allow: read, to: anybody}")
        #expect(!bench.access.isOpen && bench.access.generation != generation)
        #expect(try await bench.ask(.publish, "cam").text == "missing")
        try bench.replace(with: nil)
        #expect(bench.access.isOpen && bench.access.standingCount == 0)
        #expect(try await bench.ask(.publish, "cam") == ("anybody", true))
        #expect("\(known: await bench.access.decision(on: try AccessBench.question(.close, "cam")))" == "anybody")
    }

    @Test func addressesThatFailedAreForgottenWhenTheyAreTooMany() {
        let counts = FailureCounts()
        let now = ContinuousClock.now
        for number in 0..<UInt64(3 * FailureCounts.maximumAddressCount) {
            counts.count(ClientAddress(high: number << 32, low: 0), now: now)
        }
        #expect(counts.addressCount <= FailureCounts.maximumAddressCount)
    }
}
