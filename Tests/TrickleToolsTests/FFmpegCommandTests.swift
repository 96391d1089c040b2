import MPEGTS
import Testing

@testable import TrickleTools

@Suite struct FFmpegCommandTests {
    private let probe = """
        {"streams": [
          {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 1280},
          {"index": 1, "codec_type": "audio", "codec_name": "vorbis", "sample_rate": "48000"},
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
        #expect(try MediaProbe(json: Array(#"{"streams": [], "format": {"format_name": "tty"}}"#.utf8)).isText)
        #expect(throws: (any Error).self) { try MediaProbe(json: Array("{".utf8)) }
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
}
