import Foundation
import TrickleTesting

/// A headless Firefox, driven through its own Marionette protocol: no other program is needed.
final class Firefox: PageBrowser {
    static var isInstalled: Bool { name != nil }
    private static let name = ["firefox-esr", "firefox"].first { BuiltTool.isInstalled($0) }

    private let program: RunningTool
    private let socket: MarionetteSocket

    private init(_ program: RunningTool, _ socket: MarionetteSocket) {
        self.program = program
        self.socket = socket
    }

    /// Runs `body` with a new Firefox that takes any certificate, and is gone when that ends.
    ///
    /// - Parameter downloads: where it saves files.
    static func with(downloads: String? = nil, _ body: (Firefox) async throws -> Void) async throws {
        let profile = TemporaryFolder()
        let port = try FreePort.take()
        var preferences = [
            "marionette.port": "\(port)", "media.autoplay.default": "0", "media.volume_scale": "\"0.0\"",
            "browser.shell.checkDefaultBrowser": "false", "app.update.disabledForTesting": "true",
        ]
        if let downloads {
            preferences["browser.download.folderList"] = "2"
            preferences["browser.download.dir"] = "\"\(downloads)\""
            // What it can show it would open in front of the page.
            preferences["browser.download.viewableInternally.enabledTypes"] = "\"\""
        }
        let lines = preferences.map { "user_pref(\"\($0)\", \($1));\n" }.joined()
        TemporaryFolder.write(lines.utf8, to: profile("user.js"))
        let program = try RunningTool(
            name ?? "firefox", ["--marionette", "--headless", "--no-remote", "--profile", profile.path],
            environment: ["HOME": profile.path])
        var socket: MarionetteSocket?
        while socket == nil {
            if let status = program.process.endedWith { throw Browser.Failure(description: "Firefox ended: \(status)") }
            socket = MarionetteSocket(port: port)
            if socket == nil { try await Task.sleep(for: .milliseconds(50)) }
        }
        let firefox = Firefox(program, socket!)
        let outcome: Result<Void, any Error>
        do {
            _ = try await firefox.socket.greeting()
            _ = try await firefox.ask("WebDriver:NewSession", ["acceptInsecureCerts": true])
            try await body(firefox)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        _ = await program.process.stop()
        try outcome.get()
    }

    private func ask(_ command: String, _ parameters: [String: Any]) async throws -> Any {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: parameters), as: UTF8.self)
        // Type, number, error, value.
        let answer = try JSONSerialization.jsonObject(with: try await socket.ask(command, text)) as? [Any] ?? []
        guard answer.count == 4, answer[2] is NSNull else {
            throw Browser.Failure(description: "Firefox answers \(command) with \(answer)")
        }
        return answer[3]
    }

    func open(_ page: String) async throws { _ = try await ask("WebDriver:Navigate", ["url": page]) }

    /// The value of a JavaScript expression.
    @discardableResult
    func value(of expression: String) async throws -> Any {
        let script: [String: Any] = ["script": "return \(expression);", "args": [String]()]
        let answer = try await ask("WebDriver:ExecuteScript", script) as? [String: Any]
        return answer?["value"] ?? NSNull()
    }

    func press(_ keys: String) async throws {
        _ = try await ask("WebDriver:PerformActions", Browser.pressing(keys))
    }
}
