import Testing

@testable import MediaChildren

/// The command line that makes pictures of a video.
@Suite struct PictureCommandTests {
    private func arguments(
        _ input: MediaInput, _ change: (inout FFmpegCommand.Publishing, inout PictureEncoding) -> Void = { _, _ in }
    ) -> [String] {
        var publishing = FFmpegCommand.Publishing(input: input)
        var encoding = PictureEncoding()
        change(&publishing, &encoding)
        return FFmpegCommand.pictures(of: publishing, as: encoding).arguments
    }

    private func value(of option: String, in arguments: [String]) -> String? {
        arguments.firstIndex(of: option).map { arguments[$0 + 1] }
    }

    @Test(
        arguments: [
            (.webp, 75, "-quality", "75"), (.webp, 1, "-quality", "1"), (.jpeg, 75, "-q:v", "8.0"),
            (.jpeg, 50, "-q:v", "16.0"), (.jpeg, 100, "-q:v", "2.0"), (.jpeg, 1, "-q:v", "31.0"),
            (.avif, 100, "-crf", "0"), (.avif, 75, "-crf", "27"), (.avif, 1, "-crf", "63"),
        ] as [(PictureEncoding.Format, Int, String, String)])
    func `a quality is what the encoder calls so`(
        format: PictureEncoding.Format, quality: Int, option: String, expected: String
    ) {
        let arguments = arguments(.file(path: "clip.mp4")) { _, encoding in
            encoding.format = format
            encoding.quality = quality
        }
        #expect(value(of: option, in: arguments) == expected)
        #expect(value(of: "-f", in: arguments) == (format == .avif ? "ivf" : "image2pipe"))
    }

    @Test func `a file has its pace, and a live source no delay that can be helped`() {
        let file = arguments(.file(path: "clip.mp4")) { publishing, _ in publishing.loops = true }
        #expect(file.contains("-re") && value(of: "-stream_loop", in: file) == "-1" && !file.contains("-thread_type"))
        let camera = arguments(.url(scheme: "rtsp", text: "rtsp://camera")) { publishing, encoding in
            publishing.isRealtime = false
            publishing.transport = .tcp
            encoding.keyframesOnly = true
        }
        #expect(!camera.contains("-re") && value(of: "-thread_type", in: camera) == "slice")
        #expect(value(of: "-rtsp_transport", in: camera) == "tcp" && value(of: "-skip_frame", in: camera) == "nokey")
        #expect(camera.suffix(1) == ["pipe:1"])
    }
}
