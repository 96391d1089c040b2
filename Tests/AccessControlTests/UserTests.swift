import Foundation
import Synchronization
import Testing
import TrickleRelay
import TrickleTesting

@testable import AccessControl

/// Users with passwords, which take long to check.
@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct UserTests {
    static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    private func bench() throws -> AccessBench {
        let hash = try #require(PasswordHash.make(from: "secret", cost: 4)).text
        return try AccessBench(
            """
            - {allow: read, channels: hall, to: {user: ana}}
            - {allow: publish, channels: cam, to: {user: ana, password: "\(hash)"}}
            - {allow: read, channels: cam, to: {user: bob, digest-ha1: 939e7578ed9e3c518a452acee763bce9}}
            """)
    }

    @Test func aUserIsKnownByThePasswordAndRememberedForAllThatSheMay() async throws {
        let bench = try bench()
        let ana = Self.basic("ana", "secret")
        #expect(try await bench.ask(.publish, "cam", ana) == ("allowed", false))
        #expect(try await bench.ask(.publish, "cam", ana) == ("allowed", true))
        #expect(try await bench.ask(.read, "hall", ana) == ("allowed", true))
        #expect(try await bench.ask(.read, "cam", ana) == ("hidden", true))
        // What is remembered is name and password, and no part of them.
        for wrong in [("ana", "secreT"), ("ana", ""), ("ana", "secret "), ("Ana", "secret"), ("an", "a:secret")] {
            let answer = try await bench.ask(.publish, "cam", Self.basic(wrong.0, wrong.1))
            #expect(answer == ("wrong: the user or the password is wrong", false), "\(wrong)")
        }
    }

    @Test func whoHasNoPasswordHereIsLetInByNone() async throws {
        let bench = try bench()
        for password in ["", "secret", "939e7578ed9e3c518a452acee763bce9"] {
            #expect(try await bench.ask(.read, "cam", Self.basic("bob", password)).text.hasPrefix("wrong"))
        }
    }

    @Test func anUnknownUserIsHashedLikeAKnownOne() async throws {
        let bench = try bench()
        let queue = bench.access.surroundings.passwords
        let hashes = HeldHashes()
        // Nobody else is hashed while these are.
        let holders = (0..<PasswordQueue.width).map { number in Task { await queue.run { hashes.hold(number) } } }
        try await eventually { hashes.begun.count == PasswordQueue.width }
        let askers = ["ana", "nobody"].map { name in
            Task { try await bench.ask(.publish, "cam", Self.basic(name, "wrong")).text }
        }
        try await eventually { queue.waitingCount == 2 }
        hashes.release(PasswordQueue.width)
        for asker in askers { #expect(try await asker.value == "wrong: the user or the password is wrong") }
        for holder in holders { _ = await holder.value }
    }

    @Test func passwordsAreHashedTwoAtATimeInTheirOrder() async throws {
        let queue = PasswordQueue()
        let hashes = HeldHashes()
        var tasks: [Task<Bool, Never>] = []
        for number in 0..<6 {
            tasks.append(Task { await queue.run { hashes.hold(number) } })
            // Each is in the queue before the next one comes.
            try await eventually { hashes.begun.count + queue.waitingCount == number + 1 }
        }
        #expect(hashes.begun.count == 2)
        for number in 0..<6 {
            hashes.release(number + 1)
            let value = await tasks[number].value
            #expect(value == (number % 2 == 0))
        }
        #expect(hashes.mostAtOnce == 2)
        #expect(Array(hashes.begun.dropFirst(2)) == [2, 3, 4, 5])
        #expect(queue.waitingCount == 0)
    }

    @Test func manyWhoPresentTheSameAtOnceAreHashedOnce() async throws {
        let bench = try bench()
        let ana = Self.basic("ana", "secret")
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<30 { group.addTask { try await bench.ask(.publish, "cam", ana).text } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // As many different ones had to wait.
        #expect(answers == Array(repeating: "allowed", count: 30))
    }
}

/// Work that lasts until the test lets it end.
private final class HeldHashes: Sendable {
    private struct State {
        var runningCount = 0
        var mostAtOnce = 0
        var begun: [Int] = []
        var releasedCount = 0
    }

    private let state = Mutex(State())

    var begun: [Int] { state.withLock { $0.begun } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    /// Lets those with lower numbers end.
    func release(_ count: Int) { state.withLock { $0.releasedCount = count } }

    func hold(_ number: Int) -> Bool {
        state.withLock { state in
            state.runningCount += 1
            state.mostAtOnce = max(state.mostAtOnce, state.runningCount)
            state.begun.append(number)
        }
        while state.withLock({ $0.releasedCount <= number }) { Thread.sleep(forTimeInterval: 0.001) }
        state.withLock { $0.runningCount -= 1 }
        return number % 2 == 0
    }
}
