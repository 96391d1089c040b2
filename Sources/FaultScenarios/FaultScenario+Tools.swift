import Foundation
import TrickleTesting

extension FaultScenario {
    /// The tools themselves stand still (SIGSTOP) for three seconds, and go on.
    static let stoppedTools = ["publish-file", "read2pipe"].map { name in
        FaultScenario("\(name) stands still for three seconds") { scale in
            guard BuiltTool.isInstalled("ffmpeg") else { throw MissingProgram(name: "ffmpeg") }
            let count = scale == .short ? 1 : 5
            let relay = try await RelayProcess.start(["--window-seconds", "120"], address: "127.0.0.1:0")
            let reading = ["--stream", "tool", "--url", relay.url, "--from", "0", "--wait", "10m", "--strict"]
            let reader = try RunningTool("read2pipe", reading)
            let calmReader = try RunningTool("read2pipe", reading)
            let publisher = try RunningTool(
                "publish-file",
                [
                    "lavfi:testsrc2=size=320x180:rate=25", "--stream", "tool", "--url", relay.url, "--gop", "500ms",
                    "--ffmpeg-args", "-t \(4 * count + 1)",
                ])
            let victim = name == "publish-file" ? publisher : reader
            _ = await reader.hasWritten(atLeast: 1)
            for _ in 0..<count {
                kill(victim.process.pid, SIGSTOP)
                try await Task.sleep(for: .seconds(3))
                kill(victim.process.pid, SIGCONT)
                try await Task.sleep(for: .milliseconds(500))
            }
            let limit = Duration.seconds(60)
            let published = try await publisher.finish(within: limit)
            let (read, calm) = try await (reader.finish(within: limit), calmReader.finish(within: limit))
            await relay.stop()

            var balance = Balance()
            balance.segments = 8 * count
            balance.publishedBytes = calm.output.count
            balance.deliveredBytes = read.output.count
            for (who, result) in [("the publisher", published), ("the reader", read), ("the other reader", calm)] {
                if !result.status.isSuccess {
                    balance.problems.append("\(who) ended with \(result.status): \(result.errors.suffix(200))")
                }
            }
            if calm.output.isEmpty { balance.problems.append("nothing was read") }
            if read.output != calm.output { balance.problems.append("the two readers read different bytes") }
            return (balance, count)
        }
    }
}

/// A program from outside that a scenario needs.
struct MissingProgram: Error, CustomStringConvertible {
    let name: String

    var description: String { "\(name) is not installed" }
}
