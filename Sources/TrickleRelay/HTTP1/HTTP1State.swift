/// Where an HTTP/1 connection is, between what the client sends and what it is answered (RFC 9112).
///
///                    ┌──────────────── answerEnd, behind which another request may come (9.3) ───────────────┐
///                    ▼                                                                                        │
///     start ──────► idle ─ head ─► receiving ─ requestEnd ─► answering ─ answerEnd, not all has left ─► flushing ─┘
///                    │                                        ▲      │
///                    └─ headToAnswerAtOnce ─► exchanging ─────┘      ├─ protocolSwitch ─► switched
///                                              requestEnd            │
///     any of them ─ lastAnswerEnd ─► lingering ─ cut ─► closed ◄─ cut┘
///
/// All of it is in ``after(_:)``: nothing else decides what may follow.
enum HTTP1State: CaseIterable {
    /// A head may come, or the rest of one; nothing is left to be sent (9.3).
    case idle
    /// A head has come. Its answer begins when the body has ended (6.3).
    case receiving
    /// The answer is under way while the body still comes.
    case exchanging
    /// The request is whole. What follows it waits until it is answered (9.3.2).
    case answering
    /// The answer has been written, and some of it has not left.
    case flushing
    /// The last answer has been written. What still comes is thrown away until the client closes (9.6).
    case lingering
    /// The bytes are another protocol's (RFC 9110, section 7.8).
    case switched
    case closed

    enum Event: CaseIterable {
        /// A head whose answer waits for the end of its request.
        case head
        /// A head with a body that whoever answers wants to have as it comes.
        case headToAnswerAtOnce
        /// The request is whole.
        case requestEnd
        /// The answer is written, and has left.
        case answerEnd
        /// The answer is written; some of it waits to be taken.
        case answerEndToBeSent
        /// An answer is written behind which no other can follow (9.3, 9.6).
        case lastAnswerEnd
        /// All that was written has left.
        case queueEnd
        /// The connection goes on with another protocol.
        case protocolSwitch
        /// The connection is ended without the end of what is under way, or the client has gone (9.5, 9.6).
        case cut
    }

    /// The table of transitions.
    ///
    /// - Returns: nil where the event cannot come: then somebody has made a mistake.
    func after(_ event: Event) -> HTTP1State? {
        switch (self, event) {
        case (.idle, .head): .receiving
        case (.idle, .headToAnswerAtOnce): .exchanging
        case (.receiving, .requestEnd), (.exchanging, .requestEnd): .answering
        case (.answering, .answerEnd): .idle
        case (.answering, .answerEndToBeSent): .flushing
        case (.flushing, .queueEnd): .idle
        case (.answering, .protocolSwitch): .switched

        // A request that breaks the rules is answered wherever it is (2.2, 6.3), and one before its end (9.3).
        case (.idle, .lastAnswerEnd), (.receiving, .lastAnswerEnd), (.exchanging, .lastAnswerEnd),
            (.answering, .lastAnswerEnd), (.flushing, .lastAnswerEnd):
            .lingering

        // The queue may become empty whenever something was written; 100 (Continue) comes before the answer.
        case (.receiving, .queueEnd), (.exchanging, .queueEnd), (.answering, .queueEnd), (.lingering, .queueEnd),
            (.switched, .queueEnd), (.closed, .queueEnd):
            self

        // What was on its way when the connection had got its end changes nothing.
        case (.lingering, .requestEnd), (.lingering, .answerEnd), (.lingering, .answerEndToBeSent),
            (.lingering, .lastAnswerEnd):
            .lingering
        case (_, .cut): .closed
        case (.closed, _): .closed

        case (.idle, _), (.receiving, _), (.exchanging, _), (.answering, _), (.flushing, _), (.lingering, _),
            (.switched, _):
            nil
        }
    }

    var intake: RequestGate.Intake {
        switch self {
        case .idle, .receiving, .exchanging: .taken
        case .answering, .flushing: .held
        case .lingering, .closed: .thrownAway
        case .switched: .passedOn
        }
    }

    /// Whether nothing is to come of a request that has begun.
    var hasWholeRequest: Bool {
        switch self {
        case .idle, .answering, .flushing: true
        case .receiving, .exchanging, .lingering, .switched, .closed: false
        }
    }

    /// Whether an exchange has the connection's request.
    var isAnswered: Bool {
        switch self {
        case .receiving, .exchanging, .answering: true
        case .idle, .flushing, .lingering, .switched, .closed: false
        }
    }
}
