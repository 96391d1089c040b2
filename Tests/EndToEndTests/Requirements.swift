import Testing
import TrickleTesting

extension Trait where Self == ConditionTrait {
    /// The test needs ffmpeg.
    static var needsFFmpeg: Self {
        .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe"), "ffmpeg is not installed")
    }

    /// The test needs curl.
    static var needsCurl: Self { .enabled(if: BuiltTool.isInstalled("curl"), "curl is not installed") }

    /// The test looks for processes in /proc.
    static var needsProcessTable: Self {
        .enabled(if: ProcessTable.isReadable, "there is no /proc to look for processes in")
    }

    /// The test needs the folder of captures.
    static var needsCaptures: Self {
        .enabled(
            if: TestMedia.folder != nil, "there are no captures: set TRICKLE_MEDIA, or put them at ../shared/media")
    }
}
