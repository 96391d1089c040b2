import CommandFrame
import play
import publish_file
import publish_frames
import publish_live
import publish_pipe
import pubsub_out
import pubsub_pipe
import read2pipe
import restream
import subscriber_example
import trickle_demo
import trickle_stress

/// All tools that are clients of a relay, in the order of the help.
enum ClientTools {
    static let all: [any Tool.Type] = [
        publishFile, publishFrames, publishPipe, publishLive, restream, read2pipe, play, subscriberExample,
        pubsubOut, pubsubPipe, trickleStress, trickleDemo,
    ]

    /// - Parameter name: As it is typed, such as `publish-file`.
    static func named(_ name: some StringProtocol) -> (any Tool.Type)? { all.first { $0._commandName == name } }
}
