import ArgumentParser
import CommandFrame
import TrickleRelay

/// `--coalesce`: `auto`, or how long pieces may wait for each other.
struct CoalescingArgument: ExpressibleByArgument {
    let coalescing: Coalescing
    let defaultValueDescription: String

    static let auto = CoalescingArgument(coalescing: .whenBusy, defaultValueDescription: "auto")

    private init(coalescing: Coalescing, defaultValueDescription: String) {
        self.coalescing = coalescing
        self.defaultValueDescription = defaultValueDescription
    }

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
            return
        }
        guard let time = DurationArgument(argument: argument) else { return nil }
        self.init(
            coalescing: time.duration == .zero ? .never : .always(time.duration), defaultValueDescription: argument)
    }
}
