import Testing
import TrickleTesting

@testable import MediaChildren

/// Who gets a place for a child, and who waits for one.
@Suite struct ChildPlacesTests {
    private typealias Share = (maximum: Int, reserved: Int, waiting: Int)

    /// Holds the value, so that it can be changed within an expectation.
    private final class Held {
        var places: ChildPlaces
        init(_ places: ChildPlaces) { self.places = places }

        func ask(for purpose: ChildPurpose, as ticket: Int?) -> ChildPlaces.Answer {
            places.ask(for: purpose, as: ticket)
        }
        func giveBack(_ purpose: ChildPurpose) -> [(purpose: ChildPurpose, ticket: Int)] { places.giveBack(purpose) }
        func leave(_ ticket: Int, of purpose: ChildPurpose) -> Bool { places.leave(ticket, of: purpose) }
        func refuse(_ ticket: Int, of purpose: ChildPurpose) -> ChildRefusal? { places.refuse(ticket, of: purpose) }
        func count(of purpose: ChildPurpose) -> ChildCount { places.count(of: purpose) }
    }

    private func places(total: Int, _ shares: [ChildPurpose: Share]) -> Held {
        Held(
            ChildPlaces(total: total) { purpose in
                let share = shares[purpose] ?? (0, 0, 0)
                return ChildShare(
                    maximum: share.maximum, reserved: share.reserved, maximumWaiting: share.waiting,
                    option: "--max-\(purpose)")
            })
    }

    @Test func `a publisher has its place however many movies there are`() {
        let places = places(total: 4, [.publisher: (2, 2, 0), .movie: (4, 0, 0)])
        #expect(places.ask(for: .movie, as: nil) == .granted)
        #expect(places.ask(for: .movie, as: nil) == .granted)
        let refusal = ChildRefusal(purpose: .movie, limit: .total(4), option: "--max-movie")
        #expect(places.ask(for: .movie, as: nil) == .refused(refusal))
        #expect(places.ask(for: .publisher, as: nil) == .granted)
        #expect(places.ask(for: .publisher, as: nil) == .granted)
        #expect(places.count(of: .movie).refused == 1)
        #expect(places.count(of: .publisher).refused == 0)
    }

    @Test func `those who wait are served by purpose, and then in their order`() {
        let places = places(
            total: 1,
            [.publisher: (1, 0, 9), .movie: (1, 0, 9), .picture: (1, 0, 9), .transcoding: (1, 0, 9)])
        #expect(places.ask(for: .picture, as: nil) == .granted)
        let asking: [ChildPurpose] = [.transcoding, .picture, .movie, .picture, .publisher, .movie]
        for (ticket, purpose) in asking.enumerated() { #expect(places.ask(for: purpose, as: ticket) == .waits) }
        var order: [Int] = []
        var last = ChildPurpose.picture
        while let served = places.giveBack(last).first {
            order.append(served.ticket)
            last = served.purpose
        }
        #expect(order == [4, 2, 5, 1, 3, 0])
        #expect(ChildPurpose.allCases.allSatisfy { places.count(of: $0).running == 0 })
    }

    @Test func `nobody waits behind one whose own limit is reached`() {
        let places = places(total: 3, [.publisher: (1, 0, 9), .picture: (2, 0, 9)])
        #expect(places.ask(for: .publisher, as: nil) == .granted)
        #expect(places.ask(for: .publisher, as: 1) == .waits)
        #expect(places.ask(for: .picture, as: 2) == .granted)
        #expect(places.ask(for: .picture, as: 3) == .granted)
        #expect(places.ask(for: .picture, as: 4) == .waits)
        #expect(places.giveBack(.picture).map(\.ticket) == [4])
        #expect(places.giveBack(.publisher).map(\.ticket) == [1])
    }

    @Test func `each refusal names its limit and the option that sets it`() {
        let places = places(total: 2, [.publisher: (1, 1, 0), .movie: (2, 0, 0), .picture: (1, 0, 1)])
        #expect(places.ask(for: .publisher, as: nil) == .granted)
        #expect(places.ask(for: .movie, as: nil) == .granted)
        #expect(places.ask(for: .picture, as: 1) == .waits)
        let texts = [(ChildPurpose.publisher, 2), (.movie, 3), (.picture, 4), (.transcoding, 5)].map {
            if case .refused(let refusal) = places.ask(for: $0.0, as: $0.1) { "\(refusal)" } else { "" }
        }
        #expect(
            texts == [
                "1 children publish channels, which is as many as may: --max-publisher sets another limit",
                "none of the 2 places for children is free for one to make MP4: --max-movie sets another limit",
                "1 wait for a child to decode pictures, which is as many as may: --max-picture sets another limit",
                "0 children transcode, which is as many as may: --max-transcoding sets another limit",
            ])
    }

    @Test func `who has waited too long is refused, and who left is not served`() {
        let places = places(total: 1, [.picture: (1, 0, 9)])
        #expect(places.ask(for: .picture, as: nil) == .granted)
        for ticket in 1...3 { #expect(places.ask(for: .picture, as: ticket) == .waits) }
        #expect(places.leave(1, of: .picture) && !places.leave(1, of: .picture))
        #expect(places.refuse(2, of: .picture)?.limit == .purpose(1))
        #expect(places.refuse(2, of: .picture) == nil)
        #expect(places.giveBack(.picture).map(\.ticket) == [3])
        #expect(places.refuse(3, of: .picture) == nil)
        let expected = ChildCount(purpose: .picture, maximum: 1, running: 1, waiting: 0, refused: 1)
        #expect(places.count(of: .picture) == expected)
    }

    /// What holds whatever happens.
    @Test(arguments: 1...40) func `no bound is passed, and nobody waits for whom there is a place`(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        let shares = Dictionary(
            uniqueKeysWithValues: ChildPurpose.allCases.map { purpose in
                let maximum = Int.random(in: 0...5, using: &numbers)
                return (purpose, (maximum, Int.random(in: 0...min(maximum, 1), using: &numbers), 3) as Share)
            })
        let total = Int.random(in: 4...12, using: &numbers)
        let places = places(total: total, shares)
        var (running, waiting): ([ChildPurpose], [(ticket: Int, purpose: ChildPurpose)]) = ([], [])
        for step in 0..<500 {
            let purpose = ChildPurpose.allCases.randomElement(using: &numbers)!
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0, 1:
                switch places.ask(for: purpose, as: step) {
                case .granted: running.append(purpose)
                case .waits: waiting.append((step, purpose))
                case .refused: break
                }
            case 2, 3:
                guard let index = running.indices.randomElement(using: &numbers) else { continue }
                for served in places.giveBack(running.remove(at: index)) {
                    running.append(served.purpose)
                    waiting.removeAll { $0.ticket == served.ticket }
                }
            default:
                guard let index = waiting.indices.randomElement(using: &numbers) else { continue }
                let (ticket, purpose) = waiting.remove(at: index)
                #expect(places.leave(ticket, of: purpose))
            }
            #expect(running.count <= total)
            for purpose in ChildPurpose.allCases {
                let (count, share) = (places.count(of: purpose), shares[purpose]!)
                #expect(count.running == running.count { $0 == purpose } && count.running <= share.maximum)
                #expect(count.waiting == waiting.count { $0.purpose == purpose } && count.waiting <= share.waiting)
                // One more who came now would have to wait, too.
                let copy = Held(places.places)
                if count.waiting > 0 { #expect(copy.ask(for: purpose, as: nil) != .granted) }
                // What is reserved can always be had.
                if count.running < share.reserved { #expect(copy.ask(for: purpose, as: nil) == .granted) }
            }
        }
    }
}
