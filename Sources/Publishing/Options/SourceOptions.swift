import ArgumentParser
import CommandFrame
import MediaChildren

extension RTSPTransport: ExpressibleByArgument {}

/// How a source on the network is opened.
public struct SourceOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Name and password for a source whose URL has none. Better in the environment, as TRICKLE_CREDENTIALS: command lines can be seen.",
            valueName: "user:password"))
    public var credentials: String?

    @Option(
        help: ArgumentHelp(
            "How RTSP carries its packets: auto (TCP, else UDP), tcp or udp.", valueName: "transport"))
    public var rtspTransport = RTSPTransport.auto

    public init() {}

    /// The input as these options have it opened.
    public func publishing(_ input: MediaInput) -> FFmpegCommand.Publishing {
        var publishing = FFmpegCommand.Publishing(input: credentials.map { input.adding(credentials: $0) } ?? input)
        publishing.transport = rtspTransport
        return publishing
    }
}

extension SourceOptions {
    public func idleOptions(for input: MediaInput) -> [IdleOption] {
        [
            IdleOption("--credentials", "the input is no URL", if: !input.isURL),
            IdleOption("--rtsp-transport", "the input is not RTSP", if: !input.isRTSP),
        ].compactMap { $0 }
    }
}
