import ChildProcesses
import MediaChildren
import TrickleCore
import TrickleRelay

/// What an ffmpeg makes of a channel for all who watch it.
protocol ConversionProduct: Hashable, Sendable, CustomStringConvertible {
    associatedtype Output: ConversionOutput

    /// What the derived channel is called by.
    var kind: String { get }
    /// Whose places its ffmpeg takes.
    var purpose: ChildPurpose { get }
    var limits: ChildLimits { get }

    /// Why it cannot be made; nil if it can.
    func problem(of streams: MovieStreams) -> String?
    /// ffmpeg's arguments, from a transport stream at its standard input to its standard output.
    func arguments(for streams: MovieStreams) -> [String]
    func output(to derived: ChannelName, on relay: RelayServer) -> Output
}

/// Publishes what such an ffmpeg writes as the segments of a channel.
protocol ConversionOutput: Sendable {
    /// What a viewer begins with.
    associatedtype Start: Sendable

    /// Takes what ffmpeg has written.
    ///
    /// - Parameter emit: Is told where a viewer begins who comes then, one after the other.
    /// - Throws: what is wrong with it; ``TrickleError``.
    mutating func receive(_ bytes: [UInt8], _ emit: (Start) -> Void) throws
    /// Ends the channel.
    mutating func close()
    /// Ends the channel where it is: viewers are told that it is not whole.
    mutating func breakOff()
}

/// Why there is nothing to watch.
enum ConversionRefusal: Error {
    /// The channel is not there, or is over.
    case ended
    /// The conversion is over, not the channel: another can be begun after ``LiveConversion/hasEnded()``.
    case over
    case unsuitable(String)
    case failed(String)
}

extension RampResponse {
    /// Nothing is made of the channel.
    ///
    /// - Parameter error: ``ConversionRefusal``, ``ChildRefusal``, or any other.
    static func unconverted(_ channel: ChannelName, to product: some ConversionProduct, _ error: any Error)
        -> RampResponse
    {
        let later = [(name: "Retry-After", value: "2")]
        return switch error {
        case ConversionRefusal.unsuitable(let reason): .problem(415, "no \(product) of '\(channel)': \(reason)")
        case ConversionRefusal.ended, ConversionRefusal.over: .problem(404, "Stream not found")
        case ConversionRefusal.failed(let reason): .problem(503, reason, fields: later)
        case is ChildRefusal: .problem(503, "this relay makes as much \(product) as it may; try again", fields: later)
        default: .problem(503, "\(error)", fields: later)
        }
    }
}
