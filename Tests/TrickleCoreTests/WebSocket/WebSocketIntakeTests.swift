import Testing
import TrickleCore

struct WebSocketIntakeTests {
    private func take(
        _ intake: inout WebSocketIntake, _ kind: WebSocketFrameKind?, _ payload: [UInt8] = [], isFinal: Bool = true,
        isReserved: Bool = false, isMasked: Bool = true
    ) throws(WebSocketEnding) -> WebSocketIntake.Event? {
        try intake.take(kind, isFinal: isFinal, isReserved: isReserved, isMasked: isMasked, payload: payload)
    }

    @Test func `a message may come in fragments, with pings between them`() throws {
        var intake = WebSocketIntake()
        #expect(try take(&intake, .text, [65], isFinal: false) == .data(isText: true, begins: true, ends: false))
        #expect(try take(&intake, .ping) == .ping)
        #expect(try take(&intake, .continuation, [], isFinal: false) == .data(isText: true, begins: false, ends: false))
        #expect(try take(&intake, .continuation, [66]) == .data(isText: true, begins: false, ends: true))
        #expect(try take(&intake, .binary) == .data(isText: false, begins: true, ends: true))
        #expect(try take(&intake, .pong, [1]) == .pong)
    }

    /// RFC 6455, sections 5.1, 5.2, 5.4 and 5.5.
    static let broken: [(String, WebSocketFrameKind?, Int, Bool, Bool, Bool)] = [
        ("unknown opcode", nil, 0, true, false, true), ("extension bit", .text, 0, true, true, true),
        ("unmasked", .text, 0, true, false, false), ("fragmented ping", .ping, 0, false, false, true),
        ("long ping", .ping, 126, true, false, true), ("long close", .close, 126, true, false, true),
        ("nothing to continue", .continuation, 0, true, false, true),
        ("a code of one byte", .close, 1, true, false, true), ("code 0", .close, 2, true, false, true),
    ]

    @Test(arguments: broken) func `a frame that breaks a rule ends the connection with 1002`(
        name: String, kind: WebSocketFrameKind?, count: Int, isFinal: Bool, isReserved: Bool, isMasked: Bool
    ) {
        var intake = WebSocketIntake()
        let error = #expect(throws: WebSocketEnding.self) {
            try take(
                &intake, kind, [UInt8](repeating: 0, count: count), isFinal: isFinal, isReserved: isReserved,
                isMasked: isMasked)
        }
        #expect(error?.code == 1002, "\(name)")
    }

    @Test func `a message does not begin within another`() throws {
        var intake = WebSocketIntake()
        _ = try take(&intake, .binary, isFinal: false)
        #expect(throws: WebSocketEnding.broken("a message begins before the one before has ended")) {
            try take(&intake, .text)
        }
    }

    @Test func `nothing counts behind a close frame`() throws {
        var intake = WebSocketIntake()
        #expect(try take(&intake, .close, [3, 0xE8, 0x6F, 0x6B]) == .close(WebSocketEnding(1000, "ok")))
        #expect(try take(&intake, nil, isMasked: false) == nil)
        var silent = WebSocketIntake()
        #expect(try take(&silent, .close) == .close(nil))
    }

    @Test(arguments: [999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
    func `a close code that nobody may send is refused`(
        code: UInt16
    ) {
        var intake = WebSocketIntake()
        let error = #expect(throws: WebSocketEnding.self) {
            try take(&intake, .close, [UInt8(code >> 8), UInt8(code & 255)])
        }
        #expect(error?.code == 1002)
    }

    @Test(arguments: [1000, 1003, 1007, 1014, 3000, 4999]) func `other close codes are taken`(code: UInt16) throws {
        var intake = WebSocketIntake()
        #expect(
            try take(&intake, .close, [UInt8(code >> 8), UInt8(code & 255)]) == .close(WebSocketEnding(code, "")))
    }

    @Test func `a reason that is not UTF-8 is refused with 1007`() {
        var intake = WebSocketIntake()
        let error = #expect(throws: WebSocketEnding.self) { try take(&intake, .close, [3, 0xE8, 0xFF]) }
        #expect(error?.code == 1007)
    }

    @Test func `a character may be cut by a fragment's end, but not by the message's`() throws {
        var intake = WebSocketIntake()
        _ = try take(&intake, .text, [0xE2, 0x82], isFinal: false)
        #expect(try take(&intake, .continuation, [0xAC]) == .data(isText: true, begins: false, ends: true))
        let error = #expect(throws: WebSocketEnding.self) { try take(&intake, .text, [0xE2, 0x82]) }
        #expect(error?.code == 1007)
        // Binary messages are what they are.
        var other = WebSocketIntake()
        #expect(try take(&other, .binary, [0xE2, 0xFF]) != nil)
    }

    @Test func `a reason is cut to what a control frame holds, at a character's end`() {
        let payload = WebSocketEnding(1011, String(repeating: "€", count: 60)).payload
        #expect(payload.count == 2 + 41 * 3)
        #expect(String(validating: payload.dropFirst(2), as: UTF8.self) != nil)
    }
}
