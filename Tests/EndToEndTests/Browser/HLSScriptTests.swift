import Foundation
import NIOCore
import Testing
import TrickleRelay
import TrickleTesting

private enum HLSScript {
    /// nil where there is none.
    static let text = TemporaryFolder.contents(of: "\(BuiltTool.packageRoot)/.build/clients/hls.js")
    /// On a busy machine the player falls behind and stays there: who tries it asks for it.
    static let isAskedFor = ProcessInfo.processInfo.environment["TRICKLE_TRY_HLS_JS"] != nil
}

/// hls.js, which most sites play HLS with, on a page of another origin.
@Suite(
    .needsBrowser, .needsFFmpeg,
    .enabled(if: HLSScript.text != nil, "there is no hls.js: TRICKLE_TRY_HLS_JS=1 make clients"),
    .enabled(if: HLSScript.isAskedFor, "set TRICKLE_TRY_HLS_JS=1 to try hls.js, on a quiet machine"),
    .timeLimit(.minutes(TestLimit.minutes)))
struct HLSScriptTests {
    private let folder = TemporaryFolder()
    private static let token = "hls-token-of-16+"
    private static let encodedToken = "hls-token-of-16%2B"

    /// Somebody's site, with a player in it.
    private static func site() throws -> RouteServer {
        let page = """
            <!doctype html><video id="video" muted></video><script type="module">
            import { Hls } from './hls.js';
            window.version = Hls.version;
            window.problem = '';
            window.play = url => {
              window.player?.destroy();
              const player = window.player = new Hls();
              player.on(Hls.Events.ERROR, (event, data) => {
                if (data.fatal) window.problem = `${data.details} ${data.response?.code}`;
              });
              player.loadSource(url);
              player.attachMedia(video);
              video.play().catch(() => {});
            };
            </script>
            """
        let files = [("/", "text/html", Array(page.utf8)), ("/hls.js", "text/javascript", HLSScript.text ?? [])]
        return try RouteServer.start(
            host: "127.0.0.1", port: 0, option: "--addr", logger: LogLines().logger,
            routes: files.map { path, type, bytes in
                RampRoute(PathPattern(stringLiteral: path)) { _ in
                    // Without a policy of its own, it would be shut in a sandbox.
                    let policy = ("Content-Security-Policy", "default-src * blob: 'unsafe-inline'")
                    return RampResponse(fields: [("Content-Type", type), policy], .bytes(ByteBuffer(bytes: bytes)))
                }
            })
    }

    @Test(arguments: ["index.m3u8", "master.m3u8"])
    func `it plays a playlist with a token in its URL, and none without`(playlist: String) async throws {
        try await TestMedia.makeClip(at: folder("clip.mp4"))
        TemporaryFolder.write("access: [{allow: all, to: {token: \"\(Self.token)\"}}]\n".utf8, to: folder("relay.yaml"))
        let site = try Self.site()
        let origin = "http://127.0.0.1:\(site.port)"
        try await RelayProcess.with(["--config", folder("relay.yaml"), "--allow-origin", origin]) { relay in
            let publisher = try RunningTool(
                "publish-file", [folder("clip.mp4"), "--loop", "--stream", "cam", "--url", relay.url, "--quiet"],
                environment: ["TRICKLE_TOKEN": Self.token])
            let url = "\(relay.url)/cam/\(playlist)"
            try await until {
                let text = try await RunningTool.run("curl", ["-s", "\(url)?token=\(Self.encodedToken)"]).outputText
                return text.contains("#EXTM3U")
            }
            try await Browser.with { browser in
                try await browser.open("\(origin)/")
                try await browser.waits(for: "window.play !== undefined")
                #expect(try await browser.text(of: "version").hasPrefix("1.6."))
                try await browser.value(of: "play('\(url)?token=\(Self.encodedToken)'), ''")
                // It begins near the live edge, and shows what comes.
                let frames = "video.getVideoPlaybackQuality().totalVideoFrames"
                try await browser.waits(for: "problem !== '' || \(frames) > 75")
                #expect(try await browser.text(of: "problem") == "")
                #expect(try await browser.number(of: "video.videoWidth") == 320)
                try await browser.value(of: "play('\(url)'), ''")
                try await browser.waits(for: "problem !== ''")
                #expect(try await browser.text(of: "problem") == "manifestLoadError 401")
            }
            #expect(!relay.hasSaid(Self.token) && !relay.hasSaid(Self.encodedToken))
            _ = await publisher.process.stop()
        }
        await site.stop()
    }
}
