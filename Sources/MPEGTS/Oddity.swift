/// What can be odd about a stream. Each kind is told once and then counted.
public enum Oddity: Int, Sendable, Hashable, CaseIterable {
    case syncLoss, droppedBytes, truncatedPacket
    case transportError, continuityError, duplicatePacket
    case damagedTable, longTable, noTables, programNotFound
    case scrambled, missingPESHeader, timestampJump, noClock
    case codecWithoutRandomAccessPoints, noRandomAccessPoint, undecidedAccessUnit
    case missingParameterSets, unannouncedRandomAccessPoint, videoNotThere
}

extension Oddity: CustomStringConvertible {
    /// One line: what it is, and what is done about it.
    public var description: String {
        switch self {
        case .droppedBytes: "bytes between packets were dropped"
        case .syncLoss: "packet synchronization was lost"
        case .truncatedPacket: "the stream ends within a packet, which was dropped"
        case .transportError: "packets are marked as damaged; they are passed on and not looked at"
        case .continuityError: "packets are missing (continuity counters skip)"
        case .duplicatePacket: "packets come twice"
        case .damagedTable: "tables with a wrong checksum or length are passed on and ignored"
        case .longTable: "a program association table of more sections than are kept: those beyond are not repeated"
        case .noTables:
            "no program association table and program map have come: the stream cannot be cut at random access points"
        case .programNotFound: "the program that was asked for is not in the program association table"
        case .scrambled: "the stream to cut at is scrambled: it is cut at the target duration"
        case .missingPESHeader: "payload units of the stream to cut at do not begin with a PES header"
        case .timestampJump: "time stamps jump"
        case .noClock: "time stamps are missing or stand still: arrival time counts instead"
        case .codecWithoutRandomAccessPoints:
            "random access points of this video codec are not known here: it is cut at the target duration"
        case .noRandomAccessPoint:
            "no random access point came: the stream is passed on whole, or cut at the maximum duration or size"
        case .undecidedAccessUnit:
            "an access unit has too much before its first slice to be waited for: it is no place to cut"
        case .unannouncedRandomAccessPoint:
            "no picture says that decoding can begin there: the stream is cut at I pictures with parameter sets"
        case .videoNotThere:
            "the video that the program map lists does not come: the stream is cut by its sound until it does"
        case .missingParameterSets:
            "random access points come without parameter sets: they are repeated from an earlier one"
        }
    }
}
