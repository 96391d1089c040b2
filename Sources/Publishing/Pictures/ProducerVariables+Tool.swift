import ArgumentParser
import CommandFrame
import TrickleKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ProducerVariables {
    /// Of this process, and of the folder that it was started in.
    package static let current = ProducerVariables(
        environment: ProcessInfo.processInfo.environment, file: try? String(contentsOfFile: ".env", encoding: .utf8))

    /// The arguments with those in front that only the variables have.
    ///
    /// - Throws: `ValidationError` for a value that makes no sense.
    package static func complete(_ arguments: [String], for command: any ParsableCommand.Type) throws -> [String] {
        // Whoever asks how it is used may have got a variable wrong.
        if EnvironmentArguments.asks(arguments) { return arguments }
        let typed = arguments.prefix { $0 != "--" }
        return try current.arguments { name in typed.contains { $0 == name || $0.hasPrefix("\(name)=") } } + arguments
    }

    /// What is published, and as what: as it was typed, or as the variables say.
    ///
    /// - Throws: `ValidationError` where either is missing, or cannot be.
    package func named(input typed: String?, channel name: ChannelName?) throws -> (input: String, channel: ChannelName)
    {
        let example = "publish-frames rtsp://camera/stream --stream cam"
        guard let input = typed ?? input else {
            throw ValidationError("no input is named: name it, as in '\(example)', or in RTSP_URL")
        }
        if input == "-" {
            throw ValidationError("standard input is no input of this tool: name a file, a URL or a device")
        }
        let chosen = try name ?? channel
        try chosen.needed(example)
        guard let chosen else { preconditionFailure("it has been named") }
        // Such a path means a segment of the channel 'ingest'.
        if chosen.text == "next" || SegmentPosition(chosen.text) != nil {
            throw ValidationError("pictures cannot be posted to a channel '\(chosen)': choose another name")
        }
        return (input, chosen)
    }
}
