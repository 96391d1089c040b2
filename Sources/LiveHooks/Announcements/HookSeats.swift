import Synchronization

/// How many connections there are, in all and from each address.
final class HookSeats: Sendable {
    private let maximum: (all: Int, perAddress: Int)
    private let taken = Mutex((all: 0, byAddress: [String?: Int]()))

    init(_ maximum: (all: Int, perAddress: Int)) { self.maximum = maximum }

    /// - Returns: false when all are taken. Otherwise the seat is to be freed.
    func take(_ address: String?) -> Bool {
        taken.withLock { taken in
            let own = taken.byAddress[address, default: 0]
            guard taken.all < maximum.all, own < maximum.perAddress else { return false }
            taken.all += 1
            taken.byAddress[address] = own + 1
            return true
        }
    }

    func free(_ address: String?) {
        taken.withLock { taken in
            taken.all -= 1
            let left = taken.byAddress[address, default: 1] - 1
            taken.byAddress[address] = left > 0 ? left : nil
        }
    }
}
