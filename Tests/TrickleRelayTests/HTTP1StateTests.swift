import Testing

@testable import TrickleRelay

/// The table of an HTTP/1 connection's states, written a second time.
@Suite struct HTTP1StateTests {
    /// Rows are states, columns are events; `-` is a mistake.
    private static let table = """
                    head       headToAnswerAtOnce requestEnd answerEnd answerEndToBeSent lastAnswerEnd queueEnd   protocolSwitch cut
        idle        receiving  exchanging         -          -         -                 lingering     -          -              closed
        receiving   -          -                  answering  -         -                 lingering     receiving  -              closed
        exchanging  -          -                  answering  -         -                 lingering     exchanging -              closed
        answering   -          -                  -          idle      flushing          lingering     answering  switched       closed
        flushing    -          -                  -          -         -                 lingering     idle       -              closed
        lingering   -          -                  lingering  lingering lingering         lingering     lingering  -              closed
        switched    -          -                  -          -         -                 -             switched   -              closed
        closed      closed     closed             closed     closed    closed            closed        closed     closed         closed
        """

    @Test func `every state knows what follows every event`() {
        let rows = Self.table.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows[0].map(String.init) == HTTP1State.Event.allCases.map { "\($0)" })
        #expect(rows.dropFirst().map { String($0[0]) } == HTTP1State.allCases.map { "\($0)" })
        for (row, state) in zip(rows.dropFirst(), HTTP1State.allCases) {
            for (cell, event) in zip(row.dropFirst(), HTTP1State.Event.allCases) {
                let next = state.after(event).map { "\($0)" } ?? "-"
                #expect(next == cell, "\(event) while \(state)")
            }
        }
    }

    @Test func `bytes are taken only where a request may come, and thrown away behind the last`() {
        let taking = HTTP1State.allCases.filter { $0.intake == .taken }
        #expect(taking == [.idle, .receiving, .exchanging])
        #expect(HTTP1State.allCases.filter { $0.intake == .held } == [.answering, .flushing])
        #expect(HTTP1State.allCases.filter { $0.intake == .thrownAway } == [.lingering, .closed])
        #expect(HTTP1State.allCases.filter { $0.intake == .passedOn } == [.switched])
    }

    @Test func `a connection that goes on is idle again, and one that does not never is`() {
        for beginning in [[HTTP1State.Event.head], [.headToAnswerAtOnce]] {
            let answering = (beginning + [.requestEnd]).reduce(HTTP1State.idle) { $0.after($1)! }
            #expect(answering.after(.answerEnd) == .idle)
            #expect(answering.after(.answerEndToBeSent)?.after(.queueEnd) == .idle)
        }
        var ended: Set<HTTP1State> = [.lingering, .closed, .switched]
        for _ in HTTP1State.allCases {
            for state in ended { ended.formUnion(HTTP1State.Event.allCases.compactMap(state.after)) }
        }
        #expect(ended == [.lingering, .closed, .switched])
    }
}
