import ArgumentParser
import MediaChildren
import TrickleKit

/// What pictures are made of a video.
public struct PictureOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Pictures a second, at most.", valueName: "rate"))
    public var fps = 30.0

    @Option(
        help: ArgumentHelp("What the pictures are: webp, jpeg or avif.", valueName: "format"),
        completion: .list(PictureEncoding.Format.allCases.map(\.rawValue)), transform: PictureOptions.format)
    public var format = PictureEncoding.Format.webp

    @Option(help: ArgumentHelp("From 1, the smallest pictures, to 100.", valueName: "number"))
    public var quality = 75

    @Option(help: ArgumentHelp("In pixels: wider pictures are made smaller.", valueName: "pixels"))
    public var width = 1280

    @Flag(help: "Publish keyframes only. This takes the least of a processor.")
    public var keyframesOnly = false

    public init() {}

    public func validate() throws {
        guard fps >= 0.01, fps <= 1000 else { throw ValidationError("--fps has to be from 0.01 to 1000") }
        guard (1...100).contains(quality) else { throw ValidationError("--quality has to be from 1 to 100") }
        guard (16...16_383).contains(width) else { throw ValidationError("--width has to be from 16 to 16383") }
    }

    /// The same as ffmpeg is told.
    public var encoding: PictureEncoding {
        var encoding = PictureEncoding()
        encoding.format = format
        encoding.quality = quality
        encoding.maximumWidth = width
        encoding.maximumRate = fps
        encoding.keyframesOnly = keyframesOnly
        return encoding
    }

    private static func format(_ text: String) throws -> PictureEncoding.Format {
        if let format = PictureEncoding.Format(rawValue: text == "jpg" ? "jpeg" : text) { return format }
        throw ValidationError("'\(text)' is no format of pictures: take webp, jpeg or avif")
    }
}
