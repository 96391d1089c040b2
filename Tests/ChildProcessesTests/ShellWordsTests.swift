import ChildProcesses
import Testing

@Suite struct ShellWordsTests {
    @Test(arguments: [
        ("", []),
        ("  ", []),
        ("mpv -", ["mpv", "-"]),
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ("-vf 'drawtext=text=\"x\"'", ["-vf", "drawtext=text=\"x\""]),
        ("a\\ b", ["a b"]),
        ("\"a\\\"b\\n\"", ["a\"b\\n"]),
        ("x''y", ["xy"]),
        ("''", [""]),
    ])
    func `words are split as a shell splits them`(text: String, words: [String]) {
        #expect(ShellWords.split(text) == words)
    }

    @Test(arguments: ["'", "a \"b", "end\\"])
    func `an open quote is no list of words`(text: String) {
        #expect(ShellWords.split(text) == nil)
    }

    @Test(arguments: [["a"], ["a b", "c'd"], ["", "-", "$HOME", "*"], ["ü", "\\"]])
    func `joined words are split into the same words again`(words: [String]) {
        #expect(ShellWords.split(ShellWords.join(words)) == words)
    }
}
