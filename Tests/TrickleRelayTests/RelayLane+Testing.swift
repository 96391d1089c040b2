import Logging
import NIOCore
import TrickleCore

@testable import TrickleRelay

extension RelayLane {
    /// The only lane of a store, for tests: its turns end with the number of readers, however slow the machine is.
    static func alone(on eventLoop: any EventLoop) -> RelayLane {
        let store = SharedStore(limits: .init())
        let lane = RelayLane(
            index: 0, eventLoop: eventLoop, store: store, configuration: .init(), incarnation: "run",
            logger: Logger(label: "test"))
        lane.budget.timePerTurn = .hours(1)
        store.setLanes([lane])
        return lane
    }
}
