/// What a publisher has done since it was opened.
public struct PublisherStatistics: Sendable, Equatable {
    /// Segments that the relay has acknowledged whole.
    public var segmentsFinished = 0
    /// Segments that were begun and not acknowledged: aborted by the program, or lost with a connection.
    public var segmentsAborted = 0
    /// Bytes of media that were handed to the network.
    public var bytesSent = 0
    /// How often a broken connection was replaced.
    public var reconnections = 0

    public init() {}
}
