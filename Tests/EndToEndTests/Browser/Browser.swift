import Foundation
import TrickleTesting

/// A headless Chromium, driven through chromedriver (W3C WebDriver).
final class Browser: PageBrowser, Sendable {
    static var isInstalled: Bool { BuiltTool.isInstalled("chromium", "chromedriver", "curl") }

    private let driver: RunningTool
    private let url: String
    private let session: String

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private init(_ driver: RunningTool, _ url: String, _ session: String) {
        self.driver = driver
        self.url = url
        self.session = session
    }

    /// Runs `body` with a new browser, which is gone when that ends.
    ///
    /// - Parameters:
    ///   - size: of its window, in pixels.
    ///   - downloads: where it saves files.
    static func with(
        size: (width: Int, height: Int) = (1200, 900), downloads: String? = nil,
        _ body: (Browser) async throws -> Void
    ) async throws {
        let port = try FreePort.take()
        let driver = try RunningTool("chromedriver", ["--port=\(port)", "--log-level=SEVERE"])
        let url = "http://127.0.0.1:\(port)"
        while try await !RunningTool.run("curl", ["-sf", "\(url)/status"]).status.isSuccess {
            if let status = driver.process.endedWith { throw Failure(description: "chromedriver ended with \(status)") }
            try await Task.sleep(for: .milliseconds(50))
        }
        // Sound is not played, and needs no click; root cannot have a sandbox.
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
            "--autoplay-policy=no-user-gesture-required", "--window-size=\(size.width),\(size.height)",
        ]
        let preferences = downloads.map { ["download.default_directory": $0] } ?? [:]
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": ["args": arguments, "prefs": preferences],
            "goog:loggingPrefs": ["browser": "ALL"],
        ]
        let answer = try await ask("\(url)/session", ["capabilities": ["alwaysMatch": capabilities]])
        guard let session = (answer as? [String: Any])?["sessionId"] as? String else {
            throw Failure(description: "chromedriver opened no session: \(answer)")
        }
        let browser = Browser(driver, url, "\(url)/session/\(session)")
        do {
            try await body(browser)
        } catch {
            await browser.quit()
            throw error
        }
        await browser.quit()
    }

    private func quit() async {
        _ = try? await RunningTool.run("curl", ["-s", "-X", "DELETE", session], within: .seconds(10))
        _ = await driver.process.stop()
    }

    func open(_ page: String) async throws { _ = try await Self.ask("\(session)/url", ["url": page]) }

    /// The value of a JavaScript expression.
    @discardableResult
    func value(of expression: String) async throws -> Any {
        try await Self.ask("\(session)/execute/sync", ["script": "return \(expression);", "args": [String]()])
    }

    /// WebDriver has codes for keys that are no characters.
    func press(_ keys: String) async throws {
        _ = try await Self.ask("\(session)/actions", Self.pressing(keys))
    }

    /// Keys that go down and up, one after the other, as WebDriver has it.
    static func pressing(_ keys: String) -> [String: Any] {
        let actions = keys.unicodeScalars.flatMap { key in
            ["keyDown", "keyUp"].map { ["type": $0, "value": String(key)] }
        }
        return ["actions": [["type": "key", "id": "keys", "actions": actions] as [String: Any]]]
    }

    static let tabKey = "\u{E004}"
    static let enterKey = "\u{E007}"
    static let escapeKey = "\u{E00C}"

    /// Gives the page a window of this size; the smallest one of Chromium's own is wider than a phone.
    func resize(width: Int, height: Int) async throws {
        let size: [String: Any] = ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600]
        _ = try await Self.ask(
            "\(session)/goog/cdp/execute", ["cmd": "Emulation.setDeviceMetricsOverride", "params": size])
    }

    /// The errors that the console has got since it was asked last.
    func errors() async throws -> [String] {
        let lines = try await Self.ask("\(session)/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return lines.filter { $0["level"] as? String == "SEVERE" }.compactMap { $0["message"] as? String }
    }

    private static func ask(_ url: String, _ body: [String: Any]) async throws -> Any {
        let document = try JSONSerialization.data(withJSONObject: body)
        let result = try await RunningTool.run(
            "curl",
            [
                "-s", "-X", "POST", "-H", "Content-Type: application/json", "--data-binary",
                String(decoding: document, as: UTF8.self), url,
            ])
        let answer = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
        guard let answer, let value = answer["value"] else {
            throw Failure(description: "chromedriver answered \(result.outputText)")
        }
        if let problem = value as? [String: Any], problem["error"] != nil {
            throw Failure(description: "\(problem["message"] ?? problem)")
        }
        return value
    }
}
