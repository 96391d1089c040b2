import Testing
import TrickleCore
import TrickleTesting

@testable import AccessControl

/// Tokens that libraries of others make.
@Suite(
    .enabled(if: PythonClients.areInstalled, "no PyJWT and joserfc: make clients"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct ForeignTokenTests {
    static let script = "\(BuiltTool.packageRoot)/Tests/AccessControlTests/Makers/tokens.py"

    @Test(arguments: ["PyJWT", "joserfc"], TestKey.allCases)
    func aForeignTokenCounts(_ library: String, _ key: TestKey) async throws {
        let claims = #"{"exp": 2000, "aud": ["relay"], "trickle": {"publish": ["cam*"], "read": true}}"#
        let made = try await PythonClients.run(
            Self.script, ["make", library, "\(key.algorithm)", key.privateFile, claims])
        #expect(made.status.isSuccess, "\(made.errors)")
        let token = made.outputText.filter { !$0.isNewline }
        let keys = try TokenKeys(file: key.publicFile, audience: "relay")
        let read = try await keys.claims(of: token)
        #expect(read.channels == [.publish: [ChannelPattern("cam*")!], .read: [.all]])
        #expect(read.expiry == 2000)
        let late = try TokenKeys(file: key.publicFile, audience: "relay", now: 2000)
        #expect(await late.problem(with: token)?.description == "the token has expired")
    }
}
