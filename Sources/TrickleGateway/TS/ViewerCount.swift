import Synchronization
import TrickleRelay

/// Viewers of endless streams, against two limits: from the first on, others had better be sent elsewhere; beyond the second nobody is
/// let in.
final class ViewerCount: Sendable {
    /// Somebody who watches, counted until it is let go of.
    final class Viewer: Sendable {
        private let count: ViewerCount

        fileprivate init(_ count: ViewerCount) { self.count = count }

        deinit { count.count.withLock { $0 -= 1 } }
    }

    private let softLimit: Int?
    private let hardLimit: Int?
    private let count = Mutex(0)

    init(softLimit: Int?, hardLimit: Int?) {
        self.softLimit = softLimit
        self.hardLimit = hardLimit
    }

    /// - Returns: nil when there are too many.
    func admit() -> Viewer? {
        let isAdmitted = count.withLock { count in
            guard count < hardLimit ?? .max else { return false }
            count += 1
            return true
        }
        return isAdmitted ? Viewer(self) : nil
    }

    var value: Int { count.withLock { $0 } }

    var isFull: Bool { value >= softLimit ?? .max }
}

extension RampResponse {
    /// One viewer too many.
    static func full(_ status: Int) -> RampResponse {
        let fields = status == 503 ? [(name: "Retry-After", value: "10")] : []
        return .problem(status, "there are as many viewers as may be: come again later", fields: fields)
    }
}
