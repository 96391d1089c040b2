import ArgumentParser
import CommandFrame
import TrickleKit

/// The variables that producers of pictures have had before this one, from the environment or a file `.env`: docs/frames.md has the table.
///
/// What is typed wins, and so do the tools' own variables (`TRICKLE_…`).
package struct ProducerVariables: Equatable, Sendable {
    /// A value, and where it stands.
    private struct Value: Equatable {
        let text: String
        let place: String
    }

    private static let names = [
        "RTSP_URL", "BROKER_URL", "USE_HTTPS", "BROKER_PORT", "VERIFY_SSL", "STREAM_ID", "TARGET_FPS",
    ]
    private static let defaultChannel = "stream1"
    /// Of a broker behind a proxy that encrypts, and of one without.
    private static let defaultPorts = (secure: 3090, plain: 3091)

    private var values: [String: Value] = [:]

    /// - Parameters:
    ///   - environment: Goes before the file.
    ///   - file: What is in `.env`; nil where there is none.
    package init(environment: [String: String], file: String?) {
        let filed = file.map(DotEnv.variables) ?? [:]
        for (name, text) in filed where Self.names.contains(name) && !text.isEmpty {
            values[name] = Value(text: text, place: "\(name) in .env")
        }
        for name in Self.names {
            if let text = environment[name], !text.isEmpty { values[name] = Value(text: text, place: name) }
        }
    }

    /// What is published where no input is typed.
    package var input: String? { values["RTSP_URL"]?.text }

    /// The channel where none is typed. Who names the input this way need not name it.
    ///
    /// - Throws: `ValidationError` where it cannot be one's name.
    package var channel: ChannelName? {
        get throws {
            guard let value = values["STREAM_ID"] else {
                return input == nil ? nil : try ChannelName(Self.defaultChannel)
            }
            do { return try ChannelName(value.text) } catch { throw ValidationError("\(value.place): \(error)") }
        }
    }

    /// The options that the variables stand for.
    ///
    /// - Parameter isGiven: Whether an option has been given otherwise, by its long name.
    /// - Throws: `ValidationError` for a value that makes no sense.
    package func arguments(unless isGiven: (String) -> Bool) throws -> [String] {
        var arguments: [String] = []
        if !isGiven("--fps"), let rate = values["TARGET_FPS"] {
            guard let number = Double(rate.text), number > 0 else {
                throw ValidationError("\(rate.place) is '\(rate.text)', but has to be a number of pictures a second")
            }
            arguments.append("--fps=\(rate.text)")
        }
        guard !isGiven("--url"), let url = try relay else { return arguments }
        arguments.append("--url=\(url)")
        let isChecked = try isOn("VERIFY_SSL") ?? false
        if url.hasPrefix("https://"), !isChecked, !isGiven("--ca-file"), !isGiven("--insecure") {
            arguments.append("--insecure")
        }
        return arguments
    }

    /// Where the relay is; nil where no variable tells.
    private var relay: String? {
        get throws {
            if let url = values["BROKER_URL"] {
                do { _ = try RelayURL(url.text) } catch { throw ValidationError("\(url.place): \(error)") }
                return url.text
            }
            let isSecure = try isOn("USE_HTTPS")
            let port = values["BROKER_PORT"]
            if isSecure == nil, port == nil { return nil }
            if let port, !(Int(port.text).map { 1...65_535 ~= $0 } ?? false) {
                throw ValidationError("\(port.place) is '\(port.text)', but has to be a port's number")
            }
            let secure = isSecure ?? false
            let number = port?.text ?? "\(secure ? Self.defaultPorts.secure : Self.defaultPorts.plain)"
            return "\(secure ? "https" : "http")://localhost:\(number)"
        }
    }

    private func isOn(_ name: String) throws -> Bool? {
        guard let value = values[name] else { return nil }
        return try EnvironmentArguments.isOn(value.text, variable: value.place)
    }
}
