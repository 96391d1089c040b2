import Testing

@testable import MediaChildren

/// When a child counts as stuck. Each call stands for a second: no test waits.
@Suite struct SilentSecondsTests {
    @Test func aChildThatTakesEverythingAndWritesNothingIsStuck() {
        var silence = SilentSeconds(limit: 3)
        for second in 1...3 {
            silence.offered()
            silence.taken()
            let isStuck = silence.secondPassed()
            #expect(isStuck == (second == 3))
        }
    }

    @Test func aChildThatTakesNothingIsStuck() {
        var silence = SilentSeconds(limit: 3)
        silence.offered()
        let answers = (1...3).map { _ in silence.secondPassed() }
        #expect(answers == [false, false, true])
    }

    @Test func aChannelMayBeSilent() {
        var silence = SilentSeconds(limit: 3)
        silence.offered()
        silence.taken()
        let answers = (1...100).map { _ in silence.secondPassed() }
        #expect(!answers.contains(true))
    }

    @Test func whatItWritesCounts() {
        var silence = SilentSeconds(limit: 3)
        for _ in 0..<100 {
            silence.offered()
            silence.taken()
            let answers = [silence.secondPassed(), silence.secondPassed()]
            #expect(answers == [false, false])
            silence.wrote()
        }
    }
}
