/// What becomes of each stream of an input on its way into a transport stream.
public struct StreamPlan: Equatable, Sendable {
    public enum Treatment: Equatable, Sendable {
        case copy, encode
        /// Left out, for the reason given.
        case drop(String)
    }

    /// In the order of the input.
    public var treatments: [(stream: MediaProbe.Stream, treatment: Treatment)]

    /// - Parameter transcodes: Whether video and audio are encoded even if they could be copied.
    public init(_ probe: MediaProbe, transcodes: Bool) {
        treatments = probe.streams.map { stream in (stream, Self.treatment(of: stream, transcodes: transcodes)) }
    }

    /// The streams that are published.
    public var published: [(stream: MediaProbe.Stream, treatment: Treatment)] {
        treatments.filter { $0.treatment == .copy || $0.treatment == .encode }
    }

    /// One sentence for each stream that is not published.
    public var omissions: [String] {
        treatments.compactMap { stream, treatment in
            guard case .drop(let reason) = treatment else { return nil }
            return
                "stream \(stream.index) (\(stream.codecName ?? stream.codecType ?? "unknown")) is left out: \(reason)"
        }
    }

    private static func treatment(of stream: MediaProbe.Stream, transcodes: Bool) -> Treatment {
        switch stream.kind {
        case .video, .audio:
            if !stream.isComplete { return .drop("its parameters could not be found") }
            return stream.fitsTransportStream && !transcodes ? .copy : .encode
        case .subtitle, .data:
            return stream.fitsTransportStream ? .copy : .drop("MPEG-TS, as ffmpeg writes it, cannot carry it")
        case .attachment: return .drop("it is an attachment")
        }
    }

    public static func == (left: StreamPlan, right: StreamPlan) -> Bool {
        left.treatments.elementsEqual(right.treatments) { $0.stream == $1.stream && $0.treatment == $1.treatment }
    }
}
