/// One way to make a relay take memory or time that it should not, or to stay with it for ever.
public struct Attack: Sendable {
    /// How much of it there is.
    public enum Scale: Sendable {
        /// Some seconds, for the tests.
        case short
        case long
    }

    /// A short name for the command line. None is a part of another.
    public let name: String
    /// What the attacker does.
    public let what: String
    /// Options of the relay besides `--memory`.
    let relayOptions: [String]
    /// How many readers stall: for each of them the relay may keep what ``stalledReaderByteCount`` says.
    let stallingReaders: Int
    /// What has to be there before it begins. It ends when all its answers have come.
    let preparation: @Sendable (Scale) -> [AttackScript]
    /// One for each connection.
    let scripts: @Sendable (Scale) -> [AttackScript]

    /// What a reader may have been sent and not taken: 128 KiB and one piece (docs/limits.md).
    static let stalledReaderByteCount = (128 + 256) << 10
    /// What a connection may take.
    static let connectionByteCount = 32 << 10
    /// What the relay is told that all segments may take: 64 MiB.
    static let memoryByteCount = 64 << 20

    init(
        _ name: String, _ what: String, relayOptions: [String] = [], stallingReaders: Int = 0,
        preparation: @escaping @Sendable (Scale) -> [AttackScript] = { _ in [] },
        scripts: @escaping @Sendable (Scale) -> [AttackScript]
    ) {
        self.name = name
        self.what = what
        self.relayOptions = relayOptions
        self.stallingReaders = stallingReaders
        self.preparation = preparation
        self.scripts = scripts
    }

    /// All of them.
    public static let all = pipelining + segments + indexes + lists + silence + http2
}
