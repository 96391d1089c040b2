import ChildProcesses

extension FFmpegCommand {
    /// Writes the input's video to standard output as pictures, one behind the other.
    public static func pictures(of publishing: Publishing, as encoding: PictureEncoding) -> ChildCommand {
        var arguments = quiet + ["-nostdin", "-nostats"]
        if publishing.isRealtime { arguments.append("-re") }
        if publishing.loops { arguments += ["-stream_loop", "-1"] }
        // A decoder that works on several pictures at once gives each that much later.
        if !publishing.isRealtime { arguments += ["-thread_type", "slice"] }
        if encoding.keyframesOnly { arguments += ["-skip_frame", "nokey"] }
        arguments += publishing.input.boundary(allowsReferences: publishing.allowsReferences)
        arguments += publishing.input.arguments(
            timeout: publishing.timeout, transport: publishing.transport, isHasty: publishing.isHasty)
        // A cover is no video.
        return ChildCommand("ffmpeg", arguments + ["-map", "0:V:0"] + encoding.arguments + ["pipe:1"])
    }
}
