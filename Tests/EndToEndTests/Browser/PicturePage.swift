import Testing
import TrickleTesting

/// Pictures of one colour each, and what a page has on its canvas.
struct PicturePage {
    let browser: any PageBrowser
    let relay: String
    let folder: TemporaryFolder

    /// A colour, and its picture's size.
    struct Picture {
        let red, green, blue: Int
        var size = "320x180"
        var format = "png"

        static let red = Picture(red: 255, green: 0, blue: 0)
        static let green = Picture(red: 0, green: 200, blue: 0, size: "180x320", format: "webp")
        static let blue = Picture(red: 0, green: 0, blue: 255, format: "jpg")

        var contentType: String { "image/\(format == "jpg" ? "jpeg" : format)" }
    }

    static func isOf(_ text: String, _ id: String) -> String {
        "document.getElementById('\(id)').textContent.includes('\(text)')"
    }

    /// - Returns: the picture's bytes.
    static func make(_ picture: Picture, in folder: TemporaryFolder) async throws -> [UInt8] {
        let path = folder("\(picture.red)-\(picture.green)-\(picture.blue).\(picture.format)")
        let colour = [picture.red, picture.green, picture.blue].map { value in
            let text = String(value, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let quality = picture.format == "webp" ? ["-lossless", "1"] : ["-q:v", "2"]
        let made = try await RunningTool.run(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "color=0x\(colour):size=\(picture.size)"]
                + ["-frames:v", "1"] + (picture.format == "png" ? [] : quality) + [path])
        try #require(made.status.isSuccess, "\(made.errors)")
        return try #require(TemporaryFolder.contents(of: path))
    }

    /// Publishes a picture as the channel's next.
    ///
    /// - Returns: its bytes.
    @discardableResult
    func publish(_ picture: Picture, as channel: String = "cam", token: String? = nil) async throws -> [UInt8] {
        let bytes = try await Self.make(picture, in: folder)
        TemporaryFolder.write(bytes, to: folder("next"))
        let fields = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
        let posted = try await RunningTool.run(
            "curl",
            ["-sSfk", "-H", "Content-Type: \(picture.contentType)", "--data-binary", "@\(folder("next"))"] + fields
                + ["\(relay)/ingest/\(channel)"])
        try #require(posted.status.isSuccess, "\(posted.errors)")
        return bytes
    }

    /// Waits until the canvas has that picture, in its size and with its colour in each corner.
    func shows(_ picture: Picture) async throws {
        let sides = picture.size.split(separator: "x").compactMap { Int($0) }
        try await browser.waits(
            for: """
                (() => {
                  const canvas = document.getElementById('canvas');
                  if (!canvas || canvas.width !== \(sides[0]) || canvas.height !== \(sides[1])) return false;
                  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                  return [0, 4 * (canvas.width - 1), data.length - 4].every(place =>
                    [\(picture.red), \(picture.green), \(picture.blue)].every((value, index) => Math.abs(data[place + index] - value) < 12));
                })()
                """)
    }

    /// Has the page believe that it is hidden, or seen.
    func hide(_ isHidden: Bool) async throws {
        try await browser.value(
            of: """
                (() => {
                  Object.defineProperty(document, 'hidden', { configurable: true, get: () => \(isHidden) });
                  document.dispatchEvent(new Event('visibilitychange'));
                })()
                """)
    }

    /// Waits until the relay has so many viewers of the channel.
    func isWatched(by count: Int, _ channel: String = "cam") async throws {
        while true {
            let report = try await RunningTool.run("curl", ["-sSf", "\(relay)/_api/channels?name=\(channel)"])
            if report.outputText.contains("\"viewers\":\(count)}") { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
