/// What a child may take of the machine. The system enforces it, whatever the child does.
public struct ChildLimits: Equatable, Sendable {
    /// Bytes of memory that the child has for itself: its heap, its stacks, and what it maps to write to. nil for no limit.
    ///
    /// Programs and libraries that are mapped from files come on top. macOS does not enforce it.
    public var memoryByteCount: Int?
    /// Seconds of processor time, after which the child is killed; nil for no limit.
    public var processorSeconds: Int?
    /// How much the child steps back when others want the processor, from 0 to 19.
    public var niceness: Int

    public init(memoryByteCount: Int? = nil, processorSeconds: Int? = nil, niceness: Int = 0) {
        self.memoryByteCount = memoryByteCount
        self.processorSeconds = processorSeconds
        self.niceness = niceness
    }
}
