import Testing
import TrickleRelay

@testable import AccessControl

/// Programs of the user's that decide.
@Suite struct HookTests {
    private static let rule = "{allow: [publish, list], channels: cam*, to: {hook: 'http://127.0.0.1:9000/may'}}"

    @Test func aHookIsAskedWhereItsRuleMatchesAndNowhereElse() async throws {
        let bench = try AccessBench("- \(Self.rule)")
        bench.hook.set("publish cam", .allowed)
        #expect(try await bench.ask(.publish, "cam") == ("allowed", false))
        #expect(try await bench.ask(.publish, "cam", "Bearer anything") == ("allowed", false))
        #expect(try await bench.ask(.publish, "hall") == ("missing", true))
        #expect(try await bench.ask(.read, "cam") == ("missing", true))
        #expect(bench.hook.asked == ["publish cam", "publish cam"])
        bench.hook.set("publish cam", .allowed, isKnown: true)
        #expect(try await bench.ask(.publish, "cam") == ("allowed", true))
        #expect(bench.hook.asked.count == 2)
    }

    @Test func whatItSaysIsWhatTheClientGets() async throws {
        let bench = try AccessBench("- \(Self.rule)")
        #expect(try await bench.ask(.publish, "cam").text == "missing")
        #expect(try await bench.ask(.publish, "cam", "Bearer x").text == "wrong: the token is not known here")
        #expect(try await bench.ask(.publish, "cam", UserTests.basic("a", "b")).text == "wrong: no user is known here")
        bench.hook.set("publish cam", .refused)
        // Whoever has presented nothing may still do so.
        #expect(try await bench.ask(.publish, "cam").text == "missing")
        #expect(try await bench.ask(.publish, "cam", "Bearer x").text == "hidden")
        bench.hook.set("list cam", .allowed)
        #expect(try await bench.ask(.publish, "cam", "Bearer x").text == "insufficient")
        bench.hook.set("list cam", .allowed, isKnown: true)
        bench.hook.set("publish cam", .refused, isKnown: true)
        #expect(try await bench.ask(.publish, "cam", "Bearer x") == ("insufficient", true))
        bench.hook.set("publish camera", .undecided)
        #expect(try await bench.ask(.publish, "camera", "Bearer x").text == "undecided")
        #expect(try await bench.ask(.publish, "camera").text == "undecided")
    }

    @Test func anyRuleThatAllowsWins() async throws {
        let bench = try AccessBench(
            "[{allow: publish, channels: cam1, to: {token: \(RuleTests.token)}}, \(Self.rule)]")
        let bearer = "Bearer \(RuleTests.token)"
        bench.hook.set("publish cam2", .allowed)
        bench.hook.set("publish cam3", .undecided)
        #expect(try await bench.ask(.publish, "cam1", bearer) == ("allowed", true))
        #expect(bench.hook.asked.isEmpty)
        #expect(try await bench.ask(.publish, "cam2", bearer).text == "allowed")
        #expect(try await bench.ask(.publish, "cam3", bearer).text == "undecided")
        // It is known, though not to the hook.
        #expect(try await bench.ask(.publish, "cam4", bearer).text == "hidden")
    }

    @Test func aListHasWhatHooksShowBesides() async throws {
        let bench = try AccessBench("[{allow: list, channels: open, to: anybody}, \(Self.rule)]")
        #expect(try await bench.ask(.list, nil) == ("anybody open", false))
        bench.hook.set("list", .allowed)
        #expect(try await bench.ask(.list, nil).text == "allowed cam* open")
        bench.hook.set("list", .undecided)
        #expect(try await bench.ask(.list, nil).text == "anybody open")
    }
}
