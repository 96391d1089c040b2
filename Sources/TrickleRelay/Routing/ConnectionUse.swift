/// What a connection's requests were for, which decides how long it may be silent.
enum ConnectionUse {
    /// Nothing yet: it may be a publisher's whose request comes with the first byte of its segment.
    case unknown
    case reading
    case publishing

    init(_ route: Route, _ method: RequestMethod?) {
        self =
            switch (route.action, route.destination) {
            case (.publish, _), (.create, _): .publishing
            // Publishers ask that before they begin, and readers too.
            case (.read, .resource(.next)) where method == .get: .unknown
            case (_, _): .reading
            }
    }

    mutating func add(_ other: ConnectionUse) {
        switch (self, other) {
        case (_, .publishing), (.unknown, _): self = other
        case (.reading, _), (.publishing, _): break
        }
    }
}
