import ArgumentParser
import Publishing
import Testing

/// What producers of pictures have in their environment, and in `.env`.
@Suite struct ProducerVariablesTests {
    private func arguments(
        _ environment: [String: String] = [:], file: String? = nil, given: [String] = []
    ) throws -> [String] {
        try ProducerVariables(environment: environment, file: file).arguments { given.contains($0) }
    }

    @Test(
        arguments: [
            ([:], []),
            (["BROKER_URL": "http://relay:3091/base"], ["--url=http://relay:3091/base"]),
            (["BROKER_URL": "https://relay"], ["--url=https://relay", "--insecure"]),
            (["BROKER_URL": "https://relay", "VERIFY_SSL": "true"], ["--url=https://relay"]),
            (["BROKER_URL": "https://relay", "VERIFY_SSL": "False"], ["--url=https://relay", "--insecure"]),
            (["BROKER_PORT": "4000"], ["--url=http://localhost:4000"]),
            (["USE_HTTPS": "false"], ["--url=http://localhost:3091"]),
            (["USE_HTTPS": "true"], ["--url=https://localhost:3090", "--insecure"]),
            (["USE_HTTPS": "1", "BROKER_PORT": "1", "VERIFY_SSL": "yes"], ["--url=https://localhost:1"]),
            (["BROKER_URL": "http://relay", "USE_HTTPS": "true", "BROKER_PORT": "1"], ["--url=http://relay"]),
            (["VERIFY_SSL": "false"], []),
            (["TARGET_FPS": "12.5"], ["--fps=12.5"]),
            (["TARGET_FPS": "", "BROKER_URL": ""], []),
        ] as [([String: String], [String])])
    func `variables are options`(environment: [String: String], expected: [String]) throws {
        #expect(try arguments(environment) == expected)
    }

    @Test func `what is given otherwise wins, and its certificate is checked`() throws {
        let all = ["BROKER_URL": "https://relay", "VERIFY_SSL": "false", "TARGET_FPS": "10"]
        #expect(try arguments(all, given: ["--url", "--fps"]) == [])
        #expect(try arguments(all, given: ["--ca-file"]) == ["--fps=10", "--url=https://relay"])
        #expect(try arguments(all, given: ["--insecure"]) == ["--fps=10", "--url=https://relay"])
        #expect(try arguments(["TARGET_FPS": "x", "BROKER_PORT": "x"], given: ["--url", "--fps"]) == [])
    }

    @Test func `the environment goes before the file`() throws {
        let file = """
            # The camera at the door
            RTSP_URL=rtsp://user:pass#word@camera/stream?channel=1  # main stream
             export BROKER_PORT = "4000"
            STREAM_ID='door # 1'
            TARGET_FPS=#15
            USE_HTTPS
            =nothing
            OTHER=1\r
            VERIFY_SSL=true\r
            """
        let variables = ProducerVariables(environment: ["BROKER_PORT": "5000"], file: file)
        #expect(variables.input == "rtsp://user:pass#word@camera/stream?channel=1")
        #expect(try variables.channel?.text == "door # 1")
        #expect(try variables.arguments { _ in false } == ["--url=http://localhost:5000"])
        #expect(try arguments(file: file) == ["--url=http://localhost:4000"])
        #expect(try arguments(["USE_HTTPS": "true"], file: file) == ["--url=https://localhost:4000"])
    }

    @Test(arguments: [
        ("TARGET_FPS", "fast", "TARGET_FPS is 'fast', but has to be a number of pictures a second"),
        ("TARGET_FPS", "0", "TARGET_FPS is '0', but has to be a number of pictures a second"),
        ("BROKER_PORT", "70000", "BROKER_PORT is '70000', but has to be a port's number"),
        ("USE_HTTPS", "maybe", "USE_HTTPS is 'maybe', but has to be 1 or 0"),
        (
            "BROKER_URL", "amqp://broker",
            "BROKER_URL: 'amqp://broker' is not the URL of a relay: it begins with 'amqp://' rather than http:// or https://; expected something like http://localhost:2939"
        ),
    ])
    func `a value that makes no sense is told with its place`(name: String, value: String, line: String) {
        let told = #expect(throws: ValidationError.self) { try arguments([name: value]) }
        #expect(told?.message == line)
        let filed = #expect(throws: ValidationError.self) { try arguments(file: "\(name)=\(value)") }
        #expect(filed?.message == line.replacing(name, with: "\(name) in .env", maxReplacements: 1))
    }

    @Test func `input and channel are those that are typed, or those of the variables`() throws {
        let camera = ["RTSP_URL": "rtsp://camera", "STREAM_ID": "door"]
        let variables = ProducerVariables(environment: camera, file: nil)
        #expect(try variables.named(input: nil, channel: nil) == ("rtsp://camera", .init("door")))
        #expect(try variables.named(input: "clip.mp4", channel: .init("cam")) == ("clip.mp4", .init("cam")))
        let unnamed = ProducerVariables(environment: ["RTSP_URL": "rtsp://camera"], file: nil)
        #expect(try unnamed.named(input: nil, channel: nil).channel.text == "stream1")
        let none = ProducerVariables(environment: [:], file: nil)
        #expect(throws: ValidationError.self) { try none.named(input: nil, channel: .init("cam")) }
        #expect(throws: ValidationError.self) { try none.named(input: "clip.mp4", channel: nil) }
        #expect(throws: ValidationError.self) { try none.named(input: "-", channel: .init("cam")) }
        for name in ["7", "-1", "next"] {
            #expect(throws: ValidationError.self) { try none.named(input: "clip.mp4", channel: .init(name)) }
        }
    }
}
