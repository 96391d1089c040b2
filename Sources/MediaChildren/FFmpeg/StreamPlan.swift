import Endings
import MPEGTS

/// What becomes of each stream of an input on its way into a transport stream.
public struct StreamPlan: Equatable, Sendable {
    public enum Treatment: Equatable, Sendable {
        case copy, encode
        /// Left out, for the reason given.
        case drop(String)
    }

    /// In the order of the input.
    public var treatments: [(stream: MediaProbe.Stream, treatment: Treatment)]

    /// - Parameters:
    ///   - transcodes: Whether video and audio are encoded even if they could be copied.
    ///   - program: Which of several programs is published.
    /// - Throws: ``ToolFailure`` when there is no such program.
    public init(
        _ probe: MediaProbe, transcodes: Bool, program: ProgramChoice = .firstWithVideo
    ) throws(ToolFailure) {
        let others = try Self.otherPrograms(of: probe, than: program)
        treatments = probe.streams.map { stream in
            if let number = others[stream.index] {
                return (stream, .drop("it belongs to program \(number); --program chooses"))
            }
            return (stream, Self.treatment(of: stream, in: probe, transcodes: transcodes))
        }
    }

    /// The streams, by their index, that belong only to programs that are not chosen, and the first of these.
    private static func otherPrograms(of probe: MediaProbe, than choice: ProgramChoice) throws(ToolFailure) -> [Int:
        Int]
    {
        let programs = probe.programs ?? []
        let chosen: MediaProbe.Program
        switch choice {
        case .all: return [:]
        case .number(let number):
            guard let program = programs.first(where: { $0.number == Int(number) }) else {
                throw .noProgram(Int(number), of: programs.map(\.number))
            }
            chosen = program
        case .firstWithVideo:
            let video = Set(probe.streams.filter { $0.kind == .video }.map(\.index))
            let first = programs.first { $0.streams.contains { video.contains($0.index) } }
            guard let program = first ?? programs.first else { return [:] }
            chosen = program
        }
        let kept = Set(chosen.streams.map(\.index))
        var others: [Int: Int] = [:]
        for program in programs {
            for member in program.streams where !kept.contains(member.index) && others[member.index] == nil {
                others[member.index] = program.number
            }
        }
        return others
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

    /// One sentence for each stream that is encoded although its codec could be copied.
    public var remarks: [String] {
        published.compactMap { stream, treatment in
            guard treatment == .encode, stream.isTurned else { return nil }
            return
                "stream \(stream.index) is encoded to stand upright: the file has it turned, and MPEG-TS cannot say so"
        }
    }

    private static func treatment(
        of stream: MediaProbe.Stream, in probe: MediaProbe, transcodes: Bool
    ) -> Treatment {
        switch stream.kind {
        case .video, .audio:
            if stream.codecName == nil { return .drop("this ffmpeg does not know its codec") }
            if !stream.isComplete { return .drop("its parameters could not be found") }
            let isCopied =
                stream.fitsTransportStream && !transcodes && !stream.isTurned
                && !(stream.kind == .video && probe.isBareVideo)
            if isCopied { return .copy }
            // Of a live source, the part that would show it may not have come yet.
            return stream.isDecodable || !probe.hasEnd ? .encode : .drop("this ffmpeg has no decoder for it")
        case .subtitle, .data:
            return stream.fitsTransportStream ? .copy : .drop("MPEG-TS, as ffmpeg writes it, cannot carry it")
        case .attachment: return .drop("it is an attachment")
        }
    }

    public static func == (left: StreamPlan, right: StreamPlan) -> Bool {
        left.treatments.elementsEqual(right.treatments) { $0.stream == $1.stream && $0.treatment == $1.treatment }
    }
}

extension ToolFailure {
    package static func noProgram(_ number: Int, of programs: [Int]) -> ToolFailure {
        let found = programs.isEmpty ? "none" : programs.map { "\($0)" }.joined(separator: ", ")
        return ToolFailure("there is no program \(number) in the input; its programs: \(found)")
    }
}
