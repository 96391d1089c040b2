import Foundation
import Testing
import TrickleTesting

@testable import Endings
@testable import Publishing
@testable import Records

@Suite struct RecordTests {
    /// The records of a text that comes in these pieces.
    private func records(_ splitter: any RecordSplitter, _ pieces: [[UInt8]]) throws -> [String] {
        var splitter = splitter
        var records: [String] = []
        var open: [UInt8]?
        let take = { (event: RecordEvent) in
            switch event {
            case .bytes(let bytes):
                #expect(!bytes.isEmpty)
                open = (open ?? []) + bytes
            case .end:
                records.append(String(decoding: open ?? [], as: UTF8.self))
                open = nil
            }
        }
        for piece in pieces { try splitter.receive(piece, take) }
        try splitter.finish(take)
        #expect(open == nil)
        return records
    }

    /// Cut nowhere, at each byte, and at random: the same records each time.
    private func check(_ splitter: any RecordSplitter, _ text: String, _ expected: [String]) throws {
        let bytes = Array(text.utf8)
        #expect(try records(splitter, [bytes]) == expected)
        #expect(try records(splitter, bytes.map { [$0] }) == expected)
        var numbers = SeededNumbers(seed: 7)
        for _ in 0..<50 {
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                pieces.append(Array(rest.prefix(Int.random(in: 1...9, using: &numbers))))
                rest = rest.dropFirst(pieces.last!.count)
            }
            #expect(try records(splitter, pieces) == expected)
        }
    }

    @Test func `each line is a record with its line feed, and so is what comes behind the last`() throws {
        try check(LineRecords(), "a\n\nbc\r\nd", ["a\n", "\n", "bc\r\n", "d"])
        try check(LineRecords(), "a\n", ["a\n"])
        try check(LineRecords(), "", [])
    }

    @Test func `records of a size are filled, and the last may be smaller`() throws {
        try check(FixedSizeRecords(byteCount: 4), "abcdefghij", ["abcd", "efgh", "ij"])
        try check(FixedSizeRecords(byteCount: 5), "abcdefghij", ["abcde", "fghij"])
    }

    @Test(arguments: [
        (#"{"a":1}{"b":[{}]}"#, [#"{"a":1}"#, #"{"b":[{}]}"#]),
        ("[1]\n\n {\n  \"x\": 2\n}\r\n", ["[1]", "{\n  \"x\": 2\n}"]),
        (#"{"a":"}]\"{\\"}[]"#, [#"{"a":"}]\"{\\"}"#, "[]"]),
        (#""top" 12 -3.5e+7 true null"x""#, [#""top""#, "12", "-3.5e+7", "true", "null", #""x""#]),
        ("{\"ä\":\"€😀\"}\n12", ["{\"ä\":\"€😀\"}", "12"]),
        ("\u{1E}{}\n\u{1E}[]\n", ["{}", "[]"]),
        (" \n ", []),
        ("[true,-0.5e-3, 0,null]false", ["[true,-0.5e-3, 0,null]", "false"]),
    ])
    func `each JSON text is a record, whatever stands between them`(text: String, texts: [String]) throws {
        try check(JSONRecords(), text, texts.map { $0 + "\n" })
    }

    @Test(arguments: [
        ("{\"a\":1}\n}", "byte 9, line 2"), ("[1}", "'}'"), ("hello", "'h'"), ("{\"a\":1", "inside a document"),
        ("\"a\nb\"", "byte 3"), ("{#}", "'#'"), ("[\"open", "inside a document"),
        (String(repeating: "[", count: 1025), "nested"),
        ("nope nope", "byte 2, line 1: 'o' cannot stand there"), ("tru", "a word or a number breaks off"),
        ("tru e", "byte 4, line 1: a word or a number breaks off"), ("truee", "'e'"), ("[nope]", "'o'"), ("01", "'1'"),
        ("{\"a\":nul}", "breaks off"), ("[1,yes]", "'y'"), ("-", "breaks off"), ("1.", "breaks off"),
        ("1e+", "breaks off"),
        ("[1.2.3]", "'.'"), ("-x", "'x'"), ("1-2", "'-'"), ("+1", "'+'"), (".5", "'.'"),
        (#"{"a" 1}"#, "'1'"), (#"{"a":1 "b":2}"#, "'\"'"), ("[1,]", "']'"), (#"{"a":1,}"#, "'}'"), ("[,1]", "','"),
        ("{1:2}", "'1'"), (#"{"a","b"}"#, "','"), (#"["a":1]"#, "':'"), ("[1 2]", "'2'"), (#"{"a":}"#, "'}'"),
        (#"["\q"]"#, "'q'"), (#"["\u12g4"]"#, "'g'"), ("{[]:1}", "'['"), ("1,2", "','"),
    ])
    func `what cannot be JSON is told by its place`(text: String, part: String) {
        for pieces in [[Array(text.utf8)], text.utf8.map { [$0] }] {
            let failure = #expect(throws: ToolFailure.self) { try records(JSONRecords(), pieces) }
            #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")")
        }
    }

    /// JSON with one byte taken out, doubled or replaced, of which a part is JSON still.
    @Test func `Foundation reads what is taken for JSON, and all that it reads is taken`() throws {
        let text = Array(#"{"a":[1,-2.5,{"b":true,"c":null}],"d":{},"e":"\n\u0041","f":[[],"x",0]}"#.utf8)
        let others = Array(#"{}[],:"\ 01-.ex"#.utf8)
        var numbers = SeededNumbers(seed: 11)
        var taken = 0
        for _ in 0..<3000 {
            var changed = text
            let index = Int.random(in: text.indices, using: &numbers)
            switch Int.random(in: 0..<3, using: &numbers) {
            case 0: changed.remove(at: index)
            case 1: changed.insert(changed[index], at: index)
            default: changed[index] = others.randomElement(using: &numbers)!
            }
            let found = try? records(JSONRecords(), [changed])
            let isRead = Self.isJSON(changed)
            let said = Comment(rawValue: String(decoding: changed, as: UTF8.self))
            // Foundation lets a comma stand before the end of an array; RFC 8259 does not.
            let hasLooseComma = said.rawValue.contains(/,\s*[\]}]/)
            if isRead { #expect(found?.count == (hasLooseComma ? nil : 1), said) }
            for record in found ?? [] { #expect(Self.isJSON(Array(record.utf8)), said) }
            taken += isRead ? 1 : 0
        }
        #expect(taken > 100 && taken < 2900)
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    @Test(arguments: [
        ("lines", PipeSplit.lines), ("json", .json), ("ts", .ts), ("time=500ms", .time(.milliseconds(500))),
        ("bytes=64KiB", .bytes(65536)),
    ])
    func `a split is typed as it is told`(text: String, split: PipeSplit) {
        #expect(PipeSplit(argument: text) == split)
    }

    @Test(arguments: ["", "line", "time", "time=", "time=0s", "bytes=0", "bytes=x", "lines=2"])
    func `anything else is no split`(text: String) {
        #expect(PipeSplit(argument: text) == nil)
    }
}
