/// What a process has had in memory, in bytes.
public struct ResidentSize: Sendable {
    /// Before anything was asked of it.
    public let idle: Int
    /// The most, as the system counts it.
    public fileprivate(set) var peak: Int
    /// In the end.
    public fileprivate(set) var last: Int
}

/// Looks at a process's memory every 50 ms, so that little is missed when the process ends.
struct ResidentSizeWatch {
    private let watching: Task<ResidentSize?, Never>

    /// - Parameter pid: of a process that is idle now.
    init(_ pid: Int32) {
        watching = Task {
            guard let idle = ProcessTable.residentSize(of: pid) else { return nil }
            var size = ResidentSize(idle: idle.now, peak: idle.peak, last: idle.now)
            repeat {
                if let now = ProcessTable.residentSize(of: pid) {
                    size.peak = now.peak
                    size.last = now.now
                }
            } while (try? await Task.sleep(for: .milliseconds(50))) != nil
            return size
        }
    }

    /// - Returns: nil where the system does not tell.
    func stop() async -> ResidentSize? {
        watching.cancel()
        return await watching.value
    }
}
