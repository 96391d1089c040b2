import Testing
import TrickleTesting

extension Trait where Self == ConditionTrait {
    /// The test needs ffmpeg.
    static var needsFFmpeg: Self {
        .enabled(if: BuiltTool.isInstalled("ffmpeg", "ffprobe"), "ffmpeg is not installed")
    }

    /// The test needs an encoder that some builds of ffmpeg do not have.
    static func needsEncoder(_ name: String) -> Self {
        .enabled("this ffmpeg has no encoder '\(name)'") {
            let result = try? await RunningTool.run("ffmpeg", ["-hide_banner", "-encoders"])
            return result?.outputText.contains(" \(name) ") == true
        }
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

    /// The test needs the folder of inputs that once failed.
    static var needsCases: Self {
        .enabled(if: TestMedia.cases != nil, "there are no cases: set TRICKLE_CASES, or put them at ../shared/cases")
    }

    /// The test needs GStreamer's reader of HLS, and what that needs.
    static var needsGStreamer: Self { needsGStreamerElements("hlsdemux", "souphttpsrc", "tsdemux") }

    /// The test needs gst-launch-1.0 and these elements.
    static func needsGStreamerElements(_ elements: String...) -> Self {
        .enabled("GStreamer's \(elements.joined(separator: ", ")) are not installed") {
            guard BuiltTool.isInstalled("gst-launch-1.0") else { return false }
            for element in elements {
                let result = try? await RunningTool.run("gst-inspect-1.0", [element])
                guard result?.status.isSuccess == true else { return false }
            }
            return true
        }
    }
}
