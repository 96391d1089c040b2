import Testing
import TrickleTesting

/// Attacks in their short form; `make attack` runs the long one.
@Suite(
    .serialized, .disabled(if: Sanitizer.isThreadSanitizer, "a sanitizer's memory is not the relay's"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct AttackTests {
    @Test(arguments: Attack.all.map(\.name))
    func `a relay under attack keeps within its memory, and its other clients lose nothing`(name: String) async throws {
        let result = try await RunningTool.run("trickle-attack", ["--short", "--filter", name])
        #expect(result.status == .exited(0), "\(result.outputText)\(result.errors)")
    }

    @Test func `no attack's name is a part of another's, so that each can be asked for alone`() {
        for attack in Attack.all {
            #expect(Attack.all.count { $0.name.contains(attack.name) } == 1)
        }
    }
}
