/// What clients have asked for, sent and got, by what limits count them by: an address, of IPv6 a /64.
///
/// At most twice ``maximumCount`` are kept. When there are more, those that have moved least are added up as ``others``.
struct ClientFigures: Sendable {
    struct Figures: Sendable, Equatable {
        var requestCount = 0
        /// Of segments, payload.
        var bytesIn = 0
        /// Of segments, framing and all.
        var bytesOut = 0

        /// What they are kept by. A request counts as 1 KiB, so that those stay who ask for much and get nothing.
        var weight: Int { bytesIn + bytesOut + requestCount << 10 }

        static func += (left: inout Figures, right: Figures) {
            left.requestCount += right.requestCount
            left.bytesIn += right.bytesIn
            left.bytesOut += right.bytesOut
        }
    }

    struct Client: Sendable {
        var figures = Figures()
        /// Of its first request since it is kept.
        var version: ClientIdentity.ProtocolVersion?
        var agent: String?
    }

    static let maximumCount = 512

    private(set) var clients: [ClientAddress: Client] = [:]
    private(set) var others = Figures()

    /// A request has come.
    mutating func count(_ identity: ClientIdentity) {
        let address = identity.household
        if clients[address] == nil {
            makeRoom()
            clients[address] = Client(version: identity.protocolVersion, agent: identity.userAgent)
        }
        clients[address]!.figures.requestCount += 1
    }

    mutating func add(_ figures: Figures, of address: ClientAddress) {
        if clients[address] == nil { makeRoom() }
        clients[address, default: Client()].figures += figures
    }

    /// Adds another lane's.
    mutating func add(_ other: ClientFigures) {
        for (address, client) in other.clients {
            add(client.figures, of: address)
            if clients[address]!.version == nil {
                (clients[address]!.version, clients[address]!.agent) = (client.version, client.agent)
            }
        }
        others += other.others
    }

    private mutating func makeRoom() {
        guard clients.count >= 2 * Self.maximumCount else { return }
        for (address, client) in heaviestFirst.dropFirst(Self.maximumCount) {
            others += client.figures
            clients[address] = nil
        }
    }

    var heaviestFirst: [(address: ClientAddress, client: Client)] {
        clients.map { (address: $0.key, client: $0.value) }.sorted {
            $0.client.figures.weight > $1.client.figures.weight
        }
    }
}
