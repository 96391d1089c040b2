import Endings
import Synchronization

/// An ffmpeg that reads an input, and is ended when it gives nothing for too long: a camera that hangs says no word.
package final class WatchedFFmpeg: Sendable {
    package let child: LoggedChild
    private let name: String
    private let limit: Duration
    private let watch: SilenceWatch
    private let gate: PushGate?
    private let silence = Silence()
    private let isWatched: Atomic<Bool>

    private final class Silence: Sendable {
        let wasTooLong = Atomic(false)
        let wasBroken = Atomic(false)
    }

    package init(_ child: LoggedChild, input: MediaInput, timeout: Duration, gate: PushGate? = nil) {
        self.child = child
        self.gate = gate
        name = input.description
        let limit = FFmpegCommand.silenceLimit(of: input, timeout: timeout)
        self.limit = limit
        // Nobody can tell when a push begins.
        isWatched = Atomic(!input.isListener)
        watch = SilenceWatch(limit: limit) { [silence] in
            silence.wasTooLong.store(true, ordering: .releasing)
            Task { await child.stop() }
        }
    }

    /// Bytes are waited for from now on.
    package func willWait() {
        if isWatched.load(ordering: .relaxed) { watch.isAwaited() }
    }

    package func hasWaited(hasBytes: Bool) {
        watch.hasCome()
        guard hasBytes else { return }
        isWatched.store(true, ordering: .relaxed)
        silence.wasBroken.store(true, ordering: .relaxed)
    }

    /// Waits for its end.
    ///
    /// - Throws: ``ToolFailure`` when it failed, with its last words; ``PushRefusal``.
    package func succeed() async throws {
        do { try await child.succeed("read '\(name)' to its end") } catch {
            let hasGiven = silence.wasBroken.load(ordering: .relaxed)
            throw hasGiven ? error : ToolFailure.unknownFormat(of: name, said: child.lastWords) ?? error
        }
        if let refusal = gate?.refusal { throw refusal }
        guard silence.wasTooLong.load(ordering: .acquiring) else { return }
        let words = child.lastWords.isEmpty ? "" : "; it said: \(child.lastWords)"
        throw ToolFailure("nothing came from '\(name)' for \(Int(limit / .seconds(1))) s\(words)")
    }
}
