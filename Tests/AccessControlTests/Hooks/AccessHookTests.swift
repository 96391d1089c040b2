import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import TrickleRelay
import TrickleTesting

@testable import AccessControl

/// What a program is asked, and what its answers mean.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct AccessHookTests {
    private func withHook(
        cache: Duration = .seconds(10), timeLimit: Duration = TestLimit.wait,
        _ body: (HookProgram, AccessHook, TestTime) async throws -> Void
    ) async throws {
        let program = HookProgram()
        let server = try RouteServer.start(
            host: "127.0.0.1", port: 0, option: "--hook", logger: LogLines().logger, routes: [program.route])
        let time = TestTime()
        let hook = try AccessHook(
            HookSettings(url: "http://me:pass@127.0.0.1:\(server.port)/may?key=k", cache: cache),
            logger: program.lines.logger, clock: time.clock, timeLimit: timeLimit)
        do { try await body(program, hook, time) } catch {
            program.letGo()
            await server.stop()
            throw error
        }
        program.letGo()
        await server.stop()
    }

    private func question(
        _ action: RelayAction = .publish, _ channel: String? = "cam", _ authorization: String? = nil,
        query: String = "", address: String = "192.0.2.1"
    ) throws -> AccessQuestion {
        try AccessBench.question(action, channel, from: address, authorization, query: query)
    }

    @Test func itIsToldWhoAsksForWhat() async throws {
        try await withHook { program, hook, _ in
            _ = await hook.answer(to: try question(.create, "cam%201", "Bearer a.b", query: "?x=%20&token=t#f"))
            _ = await hook.answer(
                to: try question(.list, nil, UserTests.basic("ana", "p\"w/ü"), address: "2001:db8::1"))
            _ = await hook.answer(to: try question(.read, "cam", query: "?token=a%26b"))
            #expect(
                program.asked == [
                    #"{"action":"publish","address":"192.0.2.1","channel":"cam 1","id":"0","password":null,"protocol":"HTTP/1.1","query":"x=%20","token":"a.b","user":null,"user_agent":"test"}"#,
                    #"{"action":"list","address":"2001:db8::1","channel":null,"id":"0","password":"p\"w/ü","protocol":"HTTP/1.1","query":null,"token":null,"user":"ana","user_agent":"test"}"#,
                    #"{"action":"read","address":"192.0.2.1","channel":"cam","id":"0","password":null,"protocol":"HTTP/1.1","query":null,"token":"a&b","user":null,"user_agent":"test"}"#,
                ])
        }
    }

    @Test(arguments: [
        (200, HookAnswer.allowed), (204, .allowed), (299, .allowed), (401, .credentialsWrong), (403, .refused),
        (302, .refused), (404, .refused), (500, .refused), (503, .refused),
    ])
    func aStatusIsAnAnswer(_ status: Int, _ answer: HookAnswer) async throws {
        try await withHook { program, hook, _ in
            program.status = status
            let question = try self.question()
            #expect(hook.knownAnswer(to: question) == nil)
            #expect(await hook.answer(to: question) == answer)
            #expect(hook.knownAnswer(to: question) == answer)
            #expect(program.lines.all.isEmpty == [200, 204, 299, 401, 403].contains(status))
        }
    }

    @Test func anAnswerCountsForSomeTime() async throws {
        try await withHook { program, hook, time in
            let question = try self.question()
            #expect(await hook.answer(to: question) == .allowed)
            program.status = 403
            time.move(by: .seconds(9))
            #expect(hook.knownAnswer(to: question) == .allowed)
            #expect(await hook.answer(to: question) == .allowed)
            #expect(program.asked.count == 1)
            time.move(by: .seconds(1))
            #expect(hook.knownAnswer(to: question) == nil)
            #expect(await hook.answer(to: question) == .refused)
            #expect(program.asked.count == 2)
        }
        try await withHook(cache: .zero) { _, hook, _ in
            let question = try self.question()
            #expect(await hook.answer(to: question) == .allowed)
            #expect(hook.knownAnswer(to: question) == nil)
        }
    }

    @Test func anAnswerIsForWhatWasAskedAlone() async throws {
        try await withHook { _, hook, _ in
            _ = await hook.answer(to: try question(.publish, "cam", "Bearer ab", query: "?x"))
            let created = try question(.create, "cam", "Bearer ab", query: "?x")
            #expect(hook.knownAnswer(to: created) == .allowed)
            let withToken = try question(.publish, "cam", nil, query: "?x&token=ab")
            #expect(hook.knownAnswer(to: withToken) == .allowed)
            for other in [
                try question(.read, "cam", "Bearer ab", query: "?x"),
                try question(.publish, "cam2", "Bearer ab", query: "?x"),
                try question(.publish, nil, "Bearer ab", query: "?x"),
                try question(.publish, "cam", "Bearer a", query: "?x"),
                try question(.publish, "cam", nil, query: "?x"), try question(.publish, "cam", "Bearer ab"),
                try question(.publish, "cam", "Bearer ab", query: "?y"),
                try question(.publish, "cam", UserTests.basic("ab", ""), query: "?x"),
                try question(.publish, "cam", "Bearer ab", query: "?x", address: "192.0.2.2"),
            ] { #expect(hook.knownAnswer(to: other) == nil) }
        }
    }

    @Test func equalQuestionsAtOnceAreOne() async throws {
        try await withHook { program, hook, _ in
            program.holds = true
            let question = try self.question()
            let answers = (0..<50).map { _ in Task { await hook.answer(to: question) } }
            try await eventually { program.asked.count == 1 }
            program.letGo()
            for answer in answers { #expect(await answer.value == .allowed) }
            #expect(program.asked.count == 1)
        }
    }

    @Test func sixteenAreAskedAtOnceAndTheOthersInTheirOrder() async throws {
        try await withHook { program, hook, _ in
            program.holds = true
            var answers: [Task<HookAnswer, Never>] = []
            for number in 0..<16 {
                let question = try question(.publish, "cam\(number)")
                answers.append(Task { await hook.answer(to: question) })
            }
            try await eventually { program.asked.count == 16 }
            for number in 16..<20 {
                let question = try question(.publish, "cam\(number)")
                answers.append(Task { await hook.answer(to: question) })
                // Tasks begin in any order.
                try await eventually { hook.waitingCount == number - 15 }
            }
            #expect(program.asked.count == 16)
            for number in 16..<20 {
                program.letOneGo()
                try await eventually { program.asked.count == number + 1 }
                #expect(program.asked.last?.contains("\"cam\(number)\"") == true)
            }
            program.letGo()
            for answer in answers { #expect(await answer.value == .allowed) }
        }
    }

    @Test func moreThanAThousandDoNotWait() async throws {
        try await withHook { program, hook, _ in
            program.holds = true
            var answers: [Task<HookAnswer, Never>] = []
            for number in 0..<1016 {
                let question = try question(.publish, "cam\(number)")
                answers.append(Task { await hook.answer(to: question) })
            }
            try await eventually { program.asked.count == 16 && hook.waitingCount == 1000 }
            let more = try question(.publish, "more")
            #expect(await hook.answer(to: more) == .undecided)
            #expect(program.lines.all.count == 1)
            // Who asks what is asked already may wait.
            let question = try question(.publish, "cam7")
            answers.append(Task { await hook.answer(to: question) })
            program.letGo()
            for answer in answers { #expect(await answer.value == .allowed) }
            #expect(await hook.answer(to: more) == .allowed)
        }
    }

    @Test func whoHasWaitedTooLongIsNotAskedAboutAnyMore() async throws {
        try await withHook { program, hook, time in
            program.holds = true
            for number in 0..<16 {
                let question = try question(.publish, "cam\(number)")
                Task { await hook.answer(to: question) }
            }
            try await eventually { program.asked.count == 16 }
            let late = try question(.publish, "late")
            let answer = Task { await hook.answer(to: late) }
            try await eventually { hook.waitingCount == 1 }
            time.move(by: TestLimit.wait)
            program.letGo()
            #expect(await answer.value == .undecided)
            #expect(!program.asked.contains { $0.contains("late") })
            #expect(program.lines.all.last?.contains("is too slow for all that it is asked") == true)
            #expect(await hook.answer(to: late) == .allowed)
        }
    }

    @Test func noAnswerInTimeIsNoneAndIsNotKept() async throws {
        try await withHook(timeLimit: .milliseconds(200)) { program, hook, _ in
            program.holds = true
            let question = try question(.publish, "cam", "Bearer S3cret", query: "?token=S3cret")
            #expect(await hook.answer(to: question) == .undecided)
            #expect(hook.knownAnswer(to: question) == nil)
            let other = try self.question(.publish, "cam2", "Bearer S3cret")
            #expect(await hook.answer(to: other) == .undecided)
            let line = try #require(program.lines.all.first)
            #expect(program.lines.all.count == 1)
            #expect(
                line.hasPrefix("the access hook does not answer, and nobody is let in by it: cannot read http://127"))
            for secret in ["S3cret", "me:pass", "key=k"] { #expect(!line.contains(secret)) }
        }
    }

    @Test func aHookThatIsNotThereLetsNobodyIn() async throws {
        let lines = LogLines()
        let hook = try AccessHook(HookSettings(url: "http://127.0.0.1:1/"), logger: lines.logger)
        let question = try self.question()
        #expect(await hook.answer(to: question) == .undecided)
        #expect(lines.all.count == 1)
        #expect(throws: HookMistake.self) { try AccessHook(HookSettings(url: "ftp://host/"), logger: lines.logger) }
    }
}
