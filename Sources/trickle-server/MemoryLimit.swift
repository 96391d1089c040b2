import Endings
import Logging
import TrickleRelay

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The limit of the process's address space (`ulimit -v`). A process that meets it in the middle of its work ends there: so what is kept of
/// segments has to fit into it.
enum MemoryLimit {
    /// What the program takes beside segments: libraries, stacks, connections.
    static let besideSegments = 512 << 20
    /// A relay with less is none.
    static let least = 8 << 20

    /// Lowers `--memory` to what fits, and says so.
    ///
    /// - Parameter logger: nil where that has been said.
    /// - Throws: ``ToolFailure`` when nothing fits.
    static func fit(_ configuration: inout RelayConfiguration, _ logger: Logger?) throws {
        guard let limit = current else { return }
        // What is freed has gaps: a quarter more than what is counted.
        let fitting = (limit - besideSegments) / 5 * 4
        guard fitting < configuration.limits.memoryByteCount else { return }
        guard fitting >= least else {
            throw ToolFailure(
                "the limit of memory is too low for a relay: \(limit >> 20) MiB; raise it to 768 MiB or more (ulimit -v)"
            )
        }
        logger?.warning(
            "--memory is \(fitting >> 20) MiB: more does not fit into the limit of memory, \(limit >> 20) MiB (ulimit -v)"
        )
        configuration.limits.memoryByteCount = fitting
    }

    /// nil where there is none.
    private static var current: Int? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else { return nil }
        return Int(limit.rlim_cur)
    }

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
        private static let resource = RLIMIT_AS
    #endif
}
