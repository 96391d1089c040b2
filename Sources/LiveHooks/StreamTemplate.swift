import ArgumentParser
import TrickleKit

/// A URL or path with `{name}` in it, such as `rtmp://localhost/{name}`.
public struct StreamTemplate: ExpressibleByArgument, Equatable, Sendable {
    static let placeholder = "{name}"

    let text: String

    public init?(argument: String) {
        if argument.isEmpty { return nil }
        text = argument
    }

    /// For defaults in the source.
    public init(_ text: StaticString) { self.text = text.description }

    public var defaultValueDescription: String { text }

    /// Whether each name has a place of its own.
    public var hasPlaceholder: Bool { text.contains(Self.placeholder) }

    var isURL: Bool { text.contains("://") }

    /// The URL of a stream; its name may have slashes, and is percent-encoded between them.
    func url(for name: String) -> String {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return filled(parts.map { PercentEncoding.encode($0) }.joined(separator: "/"))
    }

    /// The path of a file for a channel: names have no slashes.
    func path(for channel: ChannelName) -> String { isURL ? url(for: channel.text) : filled(channel.text) }

    private func filled(_ name: String) -> String {
        text.split(separator: Self.placeholder, omittingEmptySubsequences: false).joined(separator: name)
    }
}
