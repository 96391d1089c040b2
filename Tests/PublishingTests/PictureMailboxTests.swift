import Testing
import TrickleCore
import TrickleKit
import TrickleTesting

@testable import Publishing

@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct PictureMailboxTests {
    @Test func `only the newest picture waits, and the others count as dropped`() async throws {
        let mailbox = PictureMailbox()
        for number in 1...3 as ClosedRange<UInt8> { mailbox.put([number]) }
        #expect(mailbox.droppedCount == 2)
        #expect(try await mailbox.next() == [3])
        mailbox.put([4])
        mailbox.close()
        #expect(try await mailbox.next() == [4])
        #expect(try await mailbox.next() == nil)
        #expect(mailbox.droppedCount == 2)
    }

    @Test func `whoever waits gets the next picture, or is told that none will come`() async throws {
        let mailbox = PictureMailbox()
        async let first = mailbox.next()
        mailbox.put([1])
        #expect(try await first == [1])
        async let none = mailbox.next()
        mailbox.close()
        #expect(try await none == nil)
    }

    @Test func `a picture that is put back waits again, unless there is a newer one`() async throws {
        let mailbox = PictureMailbox()
        mailbox.putBack([])
        mailbox.putBack([[1], [2]])
        #expect(mailbox.droppedCount == 1)
        #expect(try await mailbox.next() == [2])
        mailbox.put([3])
        mailbox.putBack([[2]])
        #expect(mailbox.droppedCount == 2)
        #expect(try await mailbox.next() == [3])
    }

    @Test func `whoever is cancelled waits no longer, and takes nothing`() async throws {
        let mailbox = PictureMailbox()
        let taking = Task { try await mailbox.next() }
        taking.cancel()
        mailbox.put([1])
        await #expect(throws: CancellationError.self) { try await taking.value }
        #expect(try await mailbox.next() == [1])
    }

    @Test func `a relay that is away is told once, and one that broke off only if it stays away`() throws {
        let relay = try RelayURL("http://relay")
        let away = TrickleError(.relayUnreachable, "nobody is there")
        let broken = TrickleError(.connectionLost, "it broke")
        var absence = RelayAbsence(of: relay)
        #expect(absence.failed(away) == "nobody is there; tries again until it answers")
        #expect(absence.failed(away) == nil)
        #expect(absence.answered() == "the relay at http://relay answers")
        #expect(absence.answered() == nil)
        #expect(absence.failed(broken) == nil)
        #expect(absence.answered() == nil)
        #expect(absence.failed(broken) == nil)
        #expect(absence.failed(broken) == "it broke; tries again until it answers")
        var never = RelayAbsence(of: relay)
        #expect(never.answered() == nil)
        #expect(never.failed(away) != nil)
    }
}
