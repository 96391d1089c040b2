import ArgumentParser
import TrickleKit

/// Where a subscriber begins: `next`, `current`, a segment's number, or one of the wire's negative numbers.
public struct StartArgument: ExpressibleByArgument, Equatable, Sendable {
    public let position: SegmentPosition

    public init(_ position: SegmentPosition) { self.position = position }

    public init?(argument: String) {
        switch argument {
        case "next": position = .next
        case "current": position = .current
        default:
            guard let position = SegmentPosition(argument) else { return nil }
            self.position = position
        }
    }

    public var defaultValueDescription: String {
        switch position {
        case .next: "next"
        case .current: "current"
        default: position.description
        }
    }
}
