/// Why a transfer has no whole answer: for the state machine that decides, and for the people who read about it.
struct TransferFailure: Error, Sendable {
    var kind: RequestFailure
    var error: TrickleError
}
