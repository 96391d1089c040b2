/// Finds where one record of a byte stream ends and the next begins, in whatever pieces the bytes come.
package protocol RecordSplitter: Sendable {
    /// Takes the next bytes. What belongs to a record is passed on at once, and never held back.
    ///
    /// - Throws: ``ToolFailure`` where the bytes are not of the splitter's kind.
    mutating func receive(_ bytes: [UInt8], _ emit: (RecordEvent) -> Void) throws

    /// The stream has ended.
    ///
    /// - Throws: ``ToolFailure`` where that is in the middle of what has to be whole.
    mutating func finish(_ emit: (RecordEvent) -> Void) throws
}

/// A part of a record, or its end.
package enum RecordEvent: Equatable {
    case bytes(ArraySlice<UInt8>)
    case end
}
