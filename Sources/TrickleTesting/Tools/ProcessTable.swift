#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#endif

/// What runs on this machine, by `/proc`.
public enum ProcessTable {
    /// Whether there is a `/proc` to look at.
    public static var isReadable: Bool { access("/proc/self/stat", R_OK) == 0 }

    /// The processes that `pid` has started and that still run.
    public static func children(of pid: Int32) -> [Int32] {
        running().filter { $0.parent == pid }.map(\.pid)
    }

    /// The name of a process's program, up to 15 bytes.
    public static func name(of pid: Int32) -> String? { entry(pid)?.name }

    /// Whether it runs; a zombie does not.
    public static func isRunning(_ pid: Int32) -> Bool { entry(pid).map { $0.state != "Z" } ?? false }

    /// The bytes that a process has in memory now, and the most it ever had; nil without `/proc`.
    public static func residentSize(of pid: Int32) -> (now: Int, peak: Int)? {
        let lines = statusLines(of: pid)
        func size(_ name: String) -> Int? {
            lines.first { $0.hasPrefix(name) }.flatMap { Int($0.filter(\.isNumber)) }.map { $0 << 10 }
        }
        guard let now = size("VmRSS:"), let peak = size("VmHWM:") else { return nil }
        return (now, peak)
    }

    private static func statusLines(of pid: Int32) -> [Substring] {
        guard let bytes = TemporaryFolder.contents(of: "/proc/\(pid)/status") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// Whether the process has a handler for the signal.
    public static func handles(_ signal: Int32, _ pid: Int32) -> Bool {
        let mask = statusLines(of: pid).first { $0.hasPrefix("SigCgt:") }.flatMap { line in
            line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        }
        return mask.map { $0 & 1 << UInt64(signal - 1) != 0 } ?? false
    }

    private struct Entry {
        let pid: Int32
        let name: String
        let state: Character
        let parent: Int32
    }

    private static func running() -> [Entry] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var entries: [Entry] = []
        while let file = readdir(folder) {
            let name = withUnsafePointer(to: file.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = Int32(name), let entry = entry(pid), entry.state != "Z" { entries.append(entry) }
        }
        return entries
    }

    /// The name is in parentheses and may itself hold any character, so that the last one closes it.
    private static func entry(_ pid: Int32) -> Entry? {
        guard let bytes = TemporaryFolder.contents(of: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 1, let state = fields[0].first, let parent = Int32(fields[1]) else { return nil }
        return Entry(pid: pid, name: String(text[text.index(after: open)..<close]), state: state, parent: parent)
    }
}
