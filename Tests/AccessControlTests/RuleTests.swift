import Testing
import TrickleCore
import TrickleRelay

@testable import AccessControl

/// Who may do what with which channels.
@Suite struct RuleTests {
    static let token = "0123456789abcdef"

    @Test func whatNoRuleAllowsIsRefused() async throws {
        let bench = try AccessBench("- {allow: read, channels: hall, to: anybody}")
        #expect(try await bench.ask(.read, "hall") == ("anybody", true))
        for (action, channel) in [
            (RelayAction.read, "cam"), (.publish, "hall"), (.create, "hall"), (.close, "hall"), (.endSegment, "hall"),
            (.list, nil), (.replay, "hall"), (.metrics, nil), (.unknown(.post), "hall"), (.unknown(nil), nil),
        ] as [(RelayAction, String?)] {
            #expect(try await bench.ask(action, channel) == ("missing", true), "\(action) \(channel ?? "")")
        }
    }

    @Test(arguments: [
        ("cam", "cam", true), ("cam", "camera2", false), ("cam", "cam%32", false), ("cam", "c%61m", true),
        ("cam*", "camera2", true), ("cam*", "CAM", false), ("cam", "Cam", false), ("cam", "cam%20", false),
        ("caf\u{E9}", "cafe%CC%81", false), ("caf\u{E9}", "caf%C3%A9", true), ("cam", "cam*", false),
        ("cam*", "ca", false),
        ("cam", "_mp4:cam", true), ("cam", "_mp4:camera2", false), ("cam*", "_cam", false), ("mp4*", "_mp4:cam", false),
    ])
    func aNameOpensNoOtherChannelHoweverThatIsWritten(_ rule: String, _ asked: String, _ isOpen: Bool) async throws {
        let bench = try AccessBench("- {allow: read, channels: \(rule), to: anybody}")
        #expect(try await bench.ask(.read, asked).text == (isOpen ? "anybody" : "missing"))
    }

    @Test func addressesAreLetInWithoutBeingAnybody() async throws {
        let bench = try AccessBench(
            "- {allow: [publish, metrics], channels: cam, to: [{address: 192.168.0.0/16}, {address: '2001:db8::/32'}]}")
        for address in ["192.168.7.1", "2001:db8:1::1"] {
            #expect(try await bench.ask(.publish, "cam", from: address) == ("allowed", true))
            #expect(try await bench.ask(.metrics, nil, from: address) == ("allowed", true))
        }
        #expect(try await bench.ask(.publish, "cam", from: "192.169.0.1").text == "missing")
        #expect(try await bench.ask(.publish, "hall", from: "192.168.7.1").text == "missing")
    }

    @Test func anOpenRuleCountsAlsoForWhoeverPresentsSomethingWrong() async throws {
        let bench = try AccessBench("[{allow: read, to: anybody}, {allow: all, to: {token: \(Self.token)}}]")
        #expect(try await bench.ask(.read, "cam", "Bearer nonsense") == ("anybody", true))
        #expect(try await bench.ask(.publish, "cam", "Bearer nonsense").text == "wrong: the token is not known here")
    }

    @Test func aTokenCountsInTheFieldAndInTheURL() async throws {
        let bench = try AccessBench("- {allow: publish, channels: cam*, to: {token: \(Self.token)}}")
        #expect(try await bench.ask(.publish, "cam1", "Bearer \(Self.token)") == ("allowed", true))
        #expect(try await bench.ask(.publish, "cam1", query: "?token=\(Self.token)") == ("allowed", true))
        #expect(try await bench.ask(.publish, "cam1", "Bearer \(Self.token)0").text.hasPrefix("wrong"))
        #expect(try await bench.ask(.publish, "cam1", "Bearer \(Self.token.dropLast())").text.hasPrefix("wrong"))
    }

    @Test func rulesOfOneSubjectAddUp() async throws {
        let bench = try AccessBench(
            """
            - {allow: publish, channels: [cam*, hall], to: {token: \(Self.token)}}
            - {allow: [publish, list], channels: studio, to: [{token: \(Self.token)}, {token: another-secret-0}]}
            """)
        for channel in ["cam1", "hall", "studio"] {
            #expect(try await bench.ask(.publish, channel, "Bearer \(Self.token)").text == "allowed", "\(channel)")
        }
        #expect(try await bench.ask(.publish, "studio", "Bearer another-secret-0").text == "allowed")
        #expect(try await bench.ask(.publish, "cam1", "Bearer another-secret-0").text == "hidden")
    }

    @Test func whoMayNotEvenSeeAChannelIsNotToldThatItIsThere() async throws {
        let bench = try AccessBench(
            "[{allow: list, channels: seen, to: anybody}, {allow: [read, list], channels: own, to: {token: \(Self.token)}}]"
        )
        let bearer = "Bearer \(Self.token)"
        #expect(try await bench.ask(.publish, "seen", bearer).text == "insufficient")
        #expect(try await bench.ask(.publish, "own", bearer).text == "insufficient")
        #expect(try await bench.ask(.publish, "other", bearer).text == "hidden")
        #expect(try await bench.ask(.list, "other", bearer).text == "hidden")
        #expect(try await bench.ask(.metrics, nil, bearer).text == "insufficient")
        #expect(try await bench.ask(.read, "_changes", bearer).text == "insufficient")
        // Nobody learns that without credentials.
        #expect(try await bench.ask(.read, "other").text == "missing")
    }

    @Test func aListHasWhatTheClientMaySee() async throws {
        let bench = try AccessBench(
            """
            - {allow: list, channels: open*, to: anybody}
            - {allow: list, channels: near, to: {address: 192.168.0.0/16}}
            - {allow: list, channels: [own, open*], to: {token: \(Self.token)}}
            - {allow: list, to: {token: the-token-of-all}}
            """)
        for channel in [nil, "_channels"] {
            let action: RelayAction = channel == nil ? .list : .read
            #expect(try await bench.ask(action, channel) == ("anybody open*", true))
            #expect(try await bench.ask(action, channel, from: "192.168.0.1").text == "allowed near open*")
            #expect(try await bench.ask(action, channel, "Bearer \(Self.token)").text == "allowed open* own")
            #expect(
                try await bench.ask(action, channel, from: "192.168.0.1", "Bearer \(Self.token)").text
                    == "allowed near open* own")
            #expect(try await bench.ask(action, channel, "Bearer the-token-of-all").text == "allowed")
            #expect(try await bench.ask(action, channel, "Bearer nonsense").text == "anybody open*")
        }
        // The changefeed tells of all channels.
        #expect(try await bench.ask(.read, "_changes").text == "missing")
        #expect(try await bench.ask(.read, "_changes", "Bearer the-token-of-all").text == "allowed")
        #expect(try await bench.ask(.read, "_changes", "Bearer \(Self.token)").text == "insufficient")
        #expect(try await bench.ask(.publish, "_changes", "Bearer the-token-of-all").text == "insufficient")
    }

    @Test func allIsAllOfThem() async throws {
        let bench = try AccessBench("- {allow: all, to: anybody}")
        for action in [RelayAction.read, .list, .replay, .metrics, .publish, .create, .close, .unknown(.delete)] {
            #expect(try await bench.ask(action, "cam").text == "anybody")
            #expect(try await bench.ask(action, nil).text == "anybody")
        }
    }
}
