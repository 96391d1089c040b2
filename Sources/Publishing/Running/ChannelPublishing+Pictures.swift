import Endings
import MediaChildren

/// What to say where ffmpeg has made something of an input that no player can show.
extension ChannelPublishing {
    var noPictures: ToolFailure {
        let advice = isOrdinary ? "publish it again with --transcode" : Self.otherAdvice
        return ToolFailure(
            "'\(publishing.input.description)' was published, but no player can decode its pictures: \(advice)")
    }

    var pictureWarning: String {
        let advice = isOrdinary ? "--transcode may help" : Self.otherAdvice
        return "no player can decode a picture of '\(publishing.input.description)' so far: \(advice)"
    }

    /// Whether ffmpeg does no more than it has to.
    private var isOrdinary: Bool { !transcodes && publishing.extraArguments.isEmpty }
    private static let otherAdvice = "look at --ffmpeg-args, and at what ffmpeg said"
}
