/// A connection's place in the ``ConnectionCensus``, and whom it is for. It is given back when it goes.
///
///     peer ─ no trusted proxy ─────────────► the client, from the connection's start to its end
///     peer ─ trusted ─ PROXY header ───────► the client that it names is the peer from now on
///                    └ X-Forwarded-For ────► the client that it names, for one request and its answer
///
/// One thread at a time has it: the acceptor's, then that of the connection's lane.
final class ClientSeat: @unchecked Sendable {
    let connection = ConnectionID.next()
    private let census: ConnectionCensus
    /// Who has opened the connection, or whom a PROXY header has named.
    private var peer: ClientAddress
    /// Whom limits and the log mean.
    private(set) var client: ClientAddress
    /// Whether the peer may name its clients.
    private(set) var isProxy: Bool
    /// Whether the connection has TLS.
    var isSecure = false
    /// Under which address the census counts the connection; nil for a proxy's while it is for nobody.
    private var counted: ClientAddress?
    private var isTaken = true

    init(_ peer: ClientAddress, countedAs address: ClientAddress?, in census: ConnectionCensus) {
        self.census = census
        self.peer = peer
        client = peer
        isProxy = address == nil
        counted = address
    }

    deinit { giveBack() }

    /// The connection has ended.
    func giveBack() {
        guard isTaken else { return }
        isTaken = false
        census.connectionEnded(countedAs: counted)
    }

    /// A PROXY header has come.
    ///
    /// - Parameter address: whom it names.
    /// - Returns: whether the client may have one more connection.
    func named(_ address: ClientAddress) -> Bool {
        (peer, client) = (address, address)
        isProxy = census.proxies.contains(address)
        return isProxy || count(as: address)
    }

    /// A proxy's request has come.
    ///
    /// - Parameter fields: the values of its `X-Forwarded-For`.
    /// - Returns: whether the client may have one more connection.
    func requested(for fields: [String]) -> Bool {
        client = census.proxies.client(fields, from: peer)
        return count(as: client)
    }

    /// A proxy's request has been answered: the next one may be somebody else's.
    func answered() {
        client = peer
        _ = count(as: nil)
    }

    /// A request on a proxy's connection that carries those of many clients at a time.
    ///
    /// It is on its connection's thread, and leaves before it goes.
    struct Guest {
        /// Whom it is for.
        let address: ClientAddress
        fileprivate let census: ConnectionCensus

        func leave() { _ = census.move(from: address.household, to: nil) }
    }

    /// As ``requested(for:)``, for one request of several.
    ///
    /// - Returns: nil when the client has too many.
    func guest(for fields: [String]) -> Guest? {
        let client = census.proxies.client(fields, from: peer)
        return census.move(from: nil, to: client.household) ? Guest(address: client, census: census) : nil
    }

    private func count(as address: ClientAddress?) -> Bool {
        let address = address?.household
        let isAdmitted = census.move(from: counted, to: address)
        counted = isAdmitted ? address : nil
        return isAdmitted
    }
}
