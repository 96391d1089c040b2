import Testing
import TrickleKit
import TrickleTesting

/// The program in the README, line by line.
private func readmeProgram(url: String) async throws {
    let relay = try RelayURL(url)
    let channel = try ChannelName("hello")

    let publisher = Publisher(relay: relay, channel: channel, contentType: "text/plain")
    try await publisher.open()
    let segment = try await publisher.nextSegment()
    try await segment.write(Array("Hello, trickle!\n".utf8))
    try await segment.finish()
    for try await segment in Subscriber(relay: relay, channel: channel, from: .current) {
        for try await bytes in segment.body { print(String(decoding: bytes, as: UTF8.self), terminator: "") }
        try await publisher.close()  // the loop ends when the channel does
    }
}

@Suite(.timeLimit(.minutes(TestLimit.minutes))) struct ReadmeProgramTests {
    @Test func theProgramInTheReadmeRunsToItsEnd() async throws {
        try await withRelay { relay in try await readmeProgram(url: "\(relay)") }
    }
}
