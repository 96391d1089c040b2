import NIOCore
import TrickleCore

/// The answer to `GET /clients`: those that have moved most, as JSON.
struct ClientList {
    static let maximumCount = 100

    private let figures: ClientFigures
    private let connections: [ClientAddress: Int]

    /// - Parameter connections: how many each address has open.
    init(_ figures: ClientFigures, connections: [ClientAddress: Int]) {
        self.figures = figures
        self.connections = connections
    }

    var body: ByteBuffer {
        let sorted = figures.heaviestFirst
        var others = figures.others
        for (_, client) in sorted.dropFirst(Self.maximumCount) { others += client.figures }
        let lines = sorted.prefix(Self.maximumCount).map { line(of: $0.address, $0.client) }
        return ByteBuffer(
            string: "{\"clients\":[\(lines.joined(separator: ",\n"))],\n\"others\":{\(Self.text(others))}}\n")
    }

    private func line(of address: ClientAddress, _ client: ClientFigures.Client) -> String {
        var text = "{\"address\":\(JSONText.string("\(address)")),\"connections\":\(connections[address] ?? 0)"
        text += ",\(Self.text(client.figures))"
        if let version = client.version { text += ",\"protocol\":\(JSONText.string(version.rawValue))" }
        if let agent = client.agent { text += ",\"agent\":\(JSONText.string(agent))" }
        return text + "}"
    }

    private static func text(_ figures: ClientFigures.Figures) -> String {
        "\"requests\":\(figures.requestCount),\"bytes_in\":\(figures.bytesIn),\"bytes_out\":\(figures.bytesOut)"
    }
}

extension RelayServer {
    /// Who has moved most since the relay was started.
    func clientList() async -> ClientList {
        var figures = ClientFigures()
        if store.localCalls.begin() {
            defer { store.localCalls.ended() }
            for lane in lanes {
                if let own = try? await lane.eventLoop.submit({ lane.clientReport() }).get() { figures.add(own) }
            }
        }
        return ClientList(figures, connections: census.connectionCounts)
    }
}
