import ChildProcesses
import MPEGTS
import Testing

@testable import Endings
@testable import MediaChildren

@Suite struct FFmpegCommandTests {
    private let probe = """
        {"streams": [
          {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 1280, "pix_fmt": "yuv420p"},
          {"index": 1, "codec_type": "audio", "codec_name": "vorbis", "sample_rate": "48000", "sample_fmt": "fltp"},
          {"index": 2, "codec_type": "subtitle", "codec_name": "mov_text"},
          {"index": 3, "codec_type": "video", "codec_name": "mjpeg", "width": 64, "disposition": {"attached_pic": 1}},
          {"index": 4, "codec_type": "audio", "codec_name": "aac", "sample_rate": "0"},
          {"index": 5, "codec_type": "subtitle", "codec_name": "dvb_subtitle"},
          {"index": 6, "codec_type": "data", "codec_name": "bin_data"},
          {"index": 7, "codec_type": "data"}
        ], "format": {"format_name": "matroska", "duration": "12.5"}}
        """

    private func plan(transcodes: Bool = false) throws -> StreamPlan {
        try StreamPlan(MediaProbe(json: Array(probe.utf8)), transcodes: transcodes)
    }

    /// The value behind an option.
    private func value(_ option: String, in arguments: [String]) -> String? {
        arguments.firstIndex(of: option).map { arguments[$0 + 1] }
    }

    @Test func `what MPEG-TS carries is copied, other sound is encoded, the rest is left out with a reason`() throws {
        let plan = try plan()
        #expect(plan.published.map(\.stream.index) == [0, 1, 5])
        #expect(plan.published.map(\.treatment) == [.copy, .encode, .copy])
        #expect(plan.omissions.count == 5)
        #expect(plan.omissions[0].hasPrefix("stream 2 (mov_text) is left out"))
    }

    @Test func `each stream of the output has its own codec`() throws {
        let command = FFmpegCommand.publish(.init(input: .file(path: "a.mkv")), plan: try plan())
        let arguments = command.arguments
        #expect(arguments.contains("-re"))
        #expect(
            arguments.indices.filter { arguments[$0] == "-map" }.map { arguments[$0 + 1] } == ["0:0", "0:1", "0:5"])
        #expect(value("-c:0", in: arguments) == "copy")
        #expect(value("-c:1", in: arguments) == "aac")
        #expect(value("-c:2", in: arguments) == "copy")
        #expect(arguments.suffix(1) == ["pipe:1"])
        #expect(value("-f", in: arguments) == "mpegts")
    }

    @Test func `a capture device is opened by its format, and encoded at its own pace`() throws {
        var publishing = FFmpegCommand.Publishing(input: try MediaInput("v4l2:/dev/video0"))
        publishing.isRealtime = false
        let arguments = FFmpegCommand.publish(publishing, plan: nil).arguments
        let place = try #require(arguments.firstIndex(of: "v4l2"))
        #expect(arguments[(place - 1)...(place + 2)] == ["-f", "v4l2", "-i", "/dev/video0"])
        #expect(value("-c:v", in: arguments) == "libx264")
        #expect(value("-c:a", in: arguments) == "aac")
        #expect(!arguments.contains("-re"))
    }

    @Test func `transcoding sets keyframes by the clock`() throws {
        var publishing = FFmpegCommand.Publishing(input: .file(path: "a.mkv"))
        publishing.gop = .milliseconds(1500)
        publishing.isRealtime = false
        publishing.loops = true
        let arguments = FFmpegCommand.publish(publishing, plan: try plan(transcodes: true)).arguments
        #expect(value("-c:0", in: arguments) == "libx264")
        #expect(value("-force_key_frames:0", in: arguments) == "expr:gte(t,n_forced*1.5)")
        #expect(!arguments.contains("-re"))
        #expect(value("-stream_loop", in: arguments) == "-1")
    }

    @Test func `the user's map and options win`() throws {
        var publishing = FFmpegCommand.Publishing(input: .file(path: "a.mkv"))
        publishing.maps = ["0:v:0", "0:a:1"]
        publishing.extraArguments = ["-c:a", "mp2"]
        let arguments = FFmpegCommand.publish(publishing, plan: try plan()).arguments
        #expect(arguments.indices.filter { arguments[$0] == "-map" }.map { arguments[$0 + 1] } == ["0:v:0", "0:a:1"])
        #expect(arguments.suffix(3) == ["-c:a", "mp2", "pipe:1"])
        #expect(value("-c:v", in: arguments) == "copy")
    }

    @Test func `what has no end is told from what has one, and text from media`() throws {
        #expect(try MediaProbe(json: Array(probe.utf8)).hasEnd)
        let live = try MediaProbe(
            json: Array(#"{"streams": [], "format": {"format_name": "rtsp", "duration": "N/A"}}"#.utf8))
        #expect(!live.hasEnd)
        #expect(try MediaProbe(json: Array(#"{"streams": [], "format": {"format_name": "tty"}}"#.utf8)).isDrawnText)
        #expect(throws: (any Error).self) { try MediaProbe(json: Array("{".utf8)) }
    }

    /// The arguments for a file with one stream, which ffprobe described so.
    private func arguments(_ stream: String, format: String = "avi", maps: [String] = []) throws -> [String] {
        let text =
            #"{"streams": [{"index": 0, "width": 320, "height": 180, "pix_fmt": "yuv420p", "codec_type": "video", \#(stream)}],"#
        let probe = try MediaProbe(
            json: Array("\(text) \"format\": {\"format_name\": \"\(format)\", \"duration\": \"1.5\"}}".utf8))
        var publishing = FFmpegCommand.Publishing(input: .file(path: "a"))
        publishing.maps = maps
        return FFmpegCommand.publish(publishing, plan: try StreamPlan(probe, transcodes: false)).arguments
    }

    @Test func `MPEG-4 part 2 is copied with its configuration in the stream, whoever chooses the streams`() throws {
        let filter = "mpeg4_unpack_bframes,dump_extra=freq=keyframe"
        #expect(value("-bsf:0", in: try arguments(#""codec_name": "mpeg4""#)) == filter)
        #expect(value("-bsf:v", in: try arguments(#""codec_name": "mpeg4""#, maps: ["0:v"])) == filter)
        #expect(value("-bsf:0", in: try arguments(#""codec_name": "h264""#)) == nil)
    }

    @Test func `a file gets presentation times where its container has none`() throws {
        let arguments = try arguments(#""codec_name": "h264""#)
        let place = try #require(arguments.firstIndex(of: "-fflags"))
        #expect(try place < #require(arguments.firstIndex(of: "-i")))
        #expect(arguments[place + 1] == "+genpts")
        #expect(value("-c:0", in: arguments) == "copy")
    }

    @Test func `pictures of an odd size are made even where they are encoded, and only there`() throws {
        let even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
        #expect(value("-filter:0", in: try arguments(#""codec_name": "vp8""#)) == nil)
        let odd = try MediaProbe(
            json: Array(#"{"streams": [{"index": 0, "codec_type": "video", "codec_name": "vp8", "width": 321}]}"#.utf8))
        let command = FFmpegCommand.publish(
            .init(input: .file(path: "a")), plan: try StreamPlan(odd, transcodes: false))
        #expect(value("-filter:0", in: command.arguments) == even)
        let device = FFmpegCommand.publish(.init(input: try MediaInput("x11grab::0.0")), plan: nil)
        #expect(value("-filter:v", in: device.arguments) == even)
    }

    @Test(arguments: [
        (#"{"rotation": 90}"#, "libx264"), (#"{"rotation": 0}"#, "copy"), (#"{"side_data_type": "CPB"}"#, "copy"),
        (
            #"{"displaymatrix": "\n00000000:  65536 0 0\n00000001: 0 -65536 0\n00000002: 0 0 1073741824\n", "rotation": 0}"#,
            "libx264"
        ),
        (
            #"{"displaymatrix": "\n00000000:  65536 0 0\n00000001: 0 65536 0\n00000002: 0 0 1073741824\n", "rotation": 0}"#,
            "copy"
        ),
    ])
    func `a picture that its container turns or mirrors is encoded upright`(data: String, codec: String) throws {
        let arguments = try arguments(#""codec_name": "h264", "side_data_list": [\#(data)]"#)
        #expect(value("-c:0", in: arguments) == codec)
    }

    @Test func `bare H.264 has no times and is encoded`() throws {
        #expect(value("-c:0", in: try arguments(#""codec_name": "h264""#, format: "h264")) == "libx264")
        #expect(value("-c:0", in: try arguments(#""codec_name": "mpeg2video""#, format: "mpegvideo")) == "copy")
    }

    @Test func `what this ffmpeg cannot decode is left out, with the reason`() throws {
        let json = """
            {"streams": [
              {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 1280},
              {"index": 1, "codec_type": "audio", "sample_rate": "44100"},
              {"index": 2, "codec_type": "audio", "codec_name": "ac4", "sample_rate": "48000"}
            ], "format": {"format_name": "mov", "duration": "1"}}
            """
        let plan = try StreamPlan(MediaProbe(json: Array(json.utf8)), transcodes: false)
        #expect(plan.published.map(\.stream.index) == [0])
        #expect(
            plan.omissions == [
                "stream 1 (audio) is left out: this ffmpeg does not know its codec",
                "stream 2 (ac4) is left out: this ffmpeg has no decoder for it",
            ])
    }

    @Test func `more options are split as a shell would`() throws {
        #expect(try FFmpegCommand.words("-vf 'drawtext=text=a b' -an") == ["-vf", "drawtext=text=a b", "-an"])
        #expect(try FFmpegCommand.words(nil) == [])
        let failure = #expect(throws: ToolFailure.self) { try FFmpegCommand.words("'open") }
        #expect(failure?.exit == .usage)
    }
}

@Suite struct ProgramSelectionTests {
    private let probe = try! MediaProbe(
        json: Array(
            """
            {"streams": [
              {"index": 0, "codec_type": "audio", "codec_name": "mp2", "sample_rate": "48000"},
              {"index": 1, "codec_type": "video", "codec_name": "h264", "width": 640},
              {"index": 2, "codec_type": "audio", "codec_name": "mp2", "sample_rate": "48000"},
              {"index": 3, "codec_type": "video", "codec_name": "h264", "width": 640}],
             "programs": [
              {"program_num": 10, "streams": [{"index": 0}]},
              {"program_num": 20, "streams": [{"index": 1}, {"index": 2}]},
              {"program_num": 30, "streams": [{"index": 3}, {"index": 2}]}]}
            """.utf8))

    @Test(arguments: [
        (ProgramChoice.firstWithVideo, [1, 2]), (.number(10), [0]), (.number(30), [2, 3]), (.all, [0, 1, 2, 3]),
    ])
    func theStreamsOfTheChosenProgramArePublished(choice: ProgramChoice, indexes: [Int]) throws {
        let plan = try StreamPlan(probe, transcodes: false, program: choice)
        #expect(plan.published.map(\.stream.index) == indexes)
    }

    @Test func aProgramThatIsNotThereIsNamedWithThoseThatAre() {
        #expect {
            try StreamPlan(probe, transcodes: false, program: .number(11))
        } throws: {
            ($0 as? ToolFailure)?.message == "there is no program 11 in the input; its programs: 10, 20, 30"
        }
    }

    @Test func `what a stranger sends is read from the pipe alone, and neither lists nor addresses in it`() {
        let command = FFmpegCommand.convert("matroska", .copy, limits: ChildLimits(memoryByteCount: 1 << 28))
        let words = command.arguments.joined(separator: " ")
        #expect(words.contains("-protocol_whitelist pipe "))
        #expect(words.contains("-f matroska -i pipe:0 -map 0:v? -map 0:a? -c:v copy -c:a copy -f mpegts "))
        #expect(words.hasSuffix(" pipe:1"))
        #expect(command.limits?.memoryByteCount == 1 << 28)
    }
}
