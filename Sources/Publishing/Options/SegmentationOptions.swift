import ArgumentParser
import CommandFrame
import MPEGTS

/// Where a stream is cut into segments.
public struct SegmentationOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Which of several programs decides: a number, or all. (default: the first with video)", valueName: "program"
        ),
        transform: SegmentationOptions.program)
    public var program: ProgramChoice?

    @Option(help: ArgumentHelp("Merge GOPs until a segment is as long as this.", valueName: "time"))
    public var minSegment = DurationArgument("0s")

    @Option(
        help: ArgumentHelp("Cut anywhere when no keyframe comes for so long; 0 waits for ever.", valueName: "time"))
    public var maxSegment = DurationArgument("30s")

    @Option(help: ArgumentHelp("The largest segment; then it is cut anywhere.", valueName: "bytes"))
    public var maxSegmentBytes = ByteCountArgument("32MiB")

    @Option(
        help: ArgumentHelp("How long segments are that have no keyframes to cut at: sound alone.", valueName: "time"))
    public var target = DurationArgument("2s")

    @Flag(help: "Of MPEG-TS, publish what comes before the first keyframe, too.")
    public var fromStart = false

    public init() {}

    public func validate() throws {
        if maxSegment.duration > .zero, minSegment.duration > maxSegment.duration {
            throw ValidationError("--min-segment is longer than --max-segment")
        }
        if target.duration <= .zero { throw ValidationError("--target has to be longer than nothing") }
        if maxSegmentBytes.byteCount < 64 << 10 { throw ValidationError("--max-segment-bytes is at least 64KiB") }
    }

    public var configuration: GOPSegmenter.Configuration {
        var configuration = GOPSegmenter.Configuration()
        configuration.program = program ?? .firstWithVideo
        configuration.minimumDuration = minSegment.duration
        configuration.maximumDuration = maxSegment.duration > .zero ? maxSegment.duration : nil
        configuration.maximumByteCount = maxSegmentBytes.byteCount
        configuration.targetDuration = target.duration
        configuration.startsAtFirstRandomAccessPoint = !fromStart
        return configuration
    }

    private static func program(_ text: String) throws -> ProgramChoice {
        if text == "all" { return .all }
        guard let number = UInt16(text), number > 0 else {
            throw ValidationError("'\(text)' is no program: a number from 1 to 65535, or all")
        }
        return .number(number)
    }
}
