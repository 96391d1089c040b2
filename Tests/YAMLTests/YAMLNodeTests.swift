import Testing
import YAML

@Suite struct YAMLNodeTests {
    /// A node without its places, as Swift would write it.
    private func told(_ node: YAMLNode?) -> String {
        switch node?.content {
        case nil: "nothing"
        case .scalar(let scalar): scalar.isNull ? "null" : scalar.text
        case .sequence(let list): "[" + list.map(told).joined(separator: ", ") + "]"
        case .mapping(let pairs): "{" + pairs.map { "\(told($0.key)): \(told($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    @Test(arguments: [
        ("", "nothing"), ("# only this", "nothing"), ("---\n...\n", "null"), ("a", "a"),
        ("a: 1\nb: [x, 'y z', \"\\u00e9\"]\nc: {d: ~, e: }\n", "{a: 1, b: [x, y z, é], c: {d: null, e: null}}"),
        ("- |\n  two\n  lines\n- >\n  one\n  line\n", "[two\nlines\n, one line\n]"),
        ("a: &one [x]\nb: *one\nc: &one y\nd: *one\n", "{a: [x], b: [x], c: y, d: y}"),
        ("? [a, b]\n: c\n", "{[a, b]: c}"),
        ("\u{FEFF}a: b", "{a: b}"),
    ])
    func `a document is scalars, lists and mappings`(_ text: String, _ meaning: String) throws {
        #expect(told(try YAMLNode.read(text)) == meaning)
    }

    @Test func `each node knows its line and column, counted in characters of Unicode`() throws {
        let root = try #require(try YAMLNode.read("# é\nä: b\nlist:\n  - 'ö': {x: y}\n"))
        let pairs = try #require(root.mapping)
        #expect(root.place.line == 2 && root.place.column == 1)
        #expect(pairs[0].value.place.line == 2 && pairs[0].value.place.column == 4)
        let inner = try #require(pairs[1].value.sequence?.first?.mapping?.first?.value)
        #expect(inner.place.line == 4 && inner.place.column == 10)
    }

    @Test func `quotes make a text of what would be true or nothing`() throws {
        let list = try YAMLNode.read("[yes, On, FALSE, 'yes', !!str yes, maybe]")?.sequence?.map { $0.scalar?.bool }
        #expect(list == [true, true, false, nil, nil, nil])
        let nothing = try YAMLNode.read("[~, null, NULL, 'null', '', nUll]")?.sequence?.map { $0.scalar?.isNull }
        #expect(nothing == [true, true, true, false, false, false])
    }

    @Test(arguments: [
        ("a: [b", YAMLPlace(line: 2, column: 1)), ("x: y\na: b: c", YAMLPlace(line: 2, column: 5)),
        ("a: *b", YAMLPlace(line: 1, column: 4)), ("a: &b [*b]", YAMLPlace(line: 1, column: 8)),
        ("a\n---\nb", YAMLPlace(line: 2, column: 1)), ("a: b\nc: d\u{1}e", YAMLPlace(line: 2, column: 5)),
        ("a: !x!y b", YAMLPlace(line: 1, column: 4)), ("\tb: c", YAMLPlace(line: 1, column: 1)),
    ])
    func `a text that is no YAML is refused, with the place`(_ text: String, _ place: YAMLPlace) {
        do {
            _ = try YAMLNode.read(text)
            Issue.record("it was read")
        } catch .syntax(_, let told) {
            #expect(told == place)
        } catch {
            Issue.record(error)
        }
    }

    @Test func `keys that are there twice are all told, in one mistake`() {
        #expect(throws: YAMLMistake.repeatedKeys(["a", "b"], YAMLPlace(line: 1, column: 5))) {
            try YAMLNode.read("{b, 'a': 2, c: 3, a: 4, b: 5, b: 6}")
        }
    }

    @Test func `what is nested without end is refused before the stack ends`() throws {
        let most = YAMLNode.maximumDepth
        let root = try YAMLNode.read(String(repeating: "[", count: most) + String(repeating: "]", count: most))
        #expect(root?.sequence?.count == 1)
        #expect(throws: YAMLMistake.tooDeep(YAMLPlace(line: 1, column: most + 1))) {
            try YAMLNode.read(String(repeating: "[", count: 200_000))
        }
        // Aliases are no copies: this would be 10^30 nodes.
        let lines = (1...30).map { "- &a\($0) [" + String(repeating: "*a\($0 - 1), ", count: 10) + "]" }
        #expect(try YAMLNode.read("- &a0 x\n" + lines.joined(separator: "\n"))?.sequence?.count == 31)
    }
}
