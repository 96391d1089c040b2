extension RelayFault {
    typealias Condition = @Sendable (FaultyRequest) -> Bool

    /// One status instead of another.
    static func answers(
        _ name: String, _ breaks: [String], _ status: Int, as other: Int,
        where isMeant: @escaping Condition = { _ in true }
    ) -> RelayFault {
        RelayFault(name, breaks) {
            $0.response = { request, head in if head.status == status, isMeant(request) { head.status = other } }
        }
    }

    /// Answers without a field.
    static func loses(
        _ name: String, _ breaks: [String], _ field: String, where isMeant: @escaping Condition = { _ in true }
    ) -> RelayFault {
        RelayFault(name, breaks) { $0.response = { request, head in if isMeant(request) { head[field] = nil } } }
    }

    /// Answers with a field of another value.
    static func says(
        _ name: String, _ breaks: [String], _ field: String, _ value: String,
        where isMeant: @escaping Condition = { _ in true }
    ) -> RelayFault {
        RelayFault(name, breaks) { $0.response = { request, head in if isMeant(request) { head[field] = value } } }
    }

    /// Requests whose field is not read.
    static func ignores(
        _ name: String, _ breaks: [String], _ fields: String..., where isMeant: @escaping Condition = { _ in true }
    ) -> RelayFault {
        RelayFault(name, breaks) {
            $0.request = { request, _ in if isMeant(request) { for field in fields { request.head.remove(field) } } }
        }
    }

    /// Requests that are answered at once and not carried out.
    static func pretends(
        _ name: String, _ breaks: [String], _ status: Int = 200, where isMeant: @escaping Condition
    ) -> RelayFault {
        RelayFault(name, breaks) {
            $0.request = { request, _ in
                if isMeant(request) { request.refuse(status, request.position.map { ["Lp-Trickle-Seq: \($0)"] } ?? []) }
            }
        }
    }

    /// Requests that are something else to the relay.
    static func reads(
        _ name: String, _ breaks: [String], _ change: @escaping @Sendable (inout FaultyRequest) -> Void
    ) -> RelayFault {
        RelayFault(name, breaks) { $0.request = { request, _ in change(&request) } }
    }

    /// Requests that the relay understands differently, after some question on the side.
    static func handles(
        _ name: String, _ breaks: [String], _ change: @escaping @Sendable (inout FaultyRequest, FaultContext) -> Void
    ) -> RelayFault {
        RelayFault(name, breaks) { $0.request = change }
    }

    static func connection(_ name: String, _ breaks: [String], _ fault: ConnectionFault) -> RelayFault {
        RelayFault(name, breaks) { $0.connection = fault }
    }

    static func body(
        _ name: String, _ breaks: [String], where isMeant: @escaping Condition = { _ in true },
        _ edit: @escaping @Sendable (String) -> String
    ) -> RelayFault {
        RelayFault(name, breaks) { $0.body = { request, text in isMeant(request) ? edit(text) : text } }
    }
}
