import TrickleCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One run through a relay's changefeed: carries out what its state decides.
final class ChannelWatch {
    private let relay: RelayURL
    private let configuration: ClientConfiguration
    private var state: ChangefeedState
    private var feed: Subscriber?
    private var segments: Subscriber.AsyncIterator?
    private var hasStarted = false
    private var lastError: TrickleError?

    /// The most bytes of a list of channels, or of one document of the feed: 64 MiB.
    private static let documentLimit = 64 << 20

    private struct List: Decodable {
        var channels: [String]
        /// The number of the changefeed's segment that follows on the list; nil where the relay has no changefeed.
        var next: Int?
    }

    private struct Change: Decodable {
        var added: [String]?
        var removed: [String]?
    }

    init(relay: RelayURL, configuration: ClientConfiguration) {
        self.relay = relay
        self.configuration = configuration
        state = ChangefeedState(patience: configuration.patience)
    }

    func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> ChannelChanges? {
        var action = hasStarted ? state.reported() : state.start()
        hasStarted = true
        while true {
            switch action {
            case .list: action = try await list()
            case .watch(let position):
                var configuration = configuration
                // Whoever can list the channels again does that, rather than wait for a place in the feed that may never come.
                if state.hasList { configuration.patience = .zero }
                let feed = Subscriber(
                    relay: relay, channel: .changefeed, from: position, configuration: configuration)
                self.feed = feed
                segments = feed.makeAsyncIterator()
                action = .readOn
            case .report(let changes): return changes
            case .readOn:
                guard let read = try await readOn() else { return nil }
                action = read
            case .wait(let time):
                try await Task.sleep(for: time)
                action = state.waited()
            case .fail:
                throw lastError ?? .refusal(of: "list the channels", head: nil, body: [], relay: relay)
            }
        }
    }

    /// The channels that there are now.
    ///
    /// - Throws: ``TrickleError`` when the relay has no list, or is not there.
    func channels(isolation actor: isolated (any Actor)? = #isolation) async throws -> [ChannelName] {
        guard case .listed(let list) = try await fetchList() else {
            throw lastError ?? .refusal(of: "list the channels", head: nil, body: [], relay: relay)
        }
        return try names(list.channels).filter { !$0.isInternal }
    }

    private func list(
        isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> ChangefeedState.Action {
        segments = nil
        switch try await fetchList() {
        case .failed(let kind): return state.failed(kind, now: .now, jitter: .random(in: 0..<1))
        case .refused(let status): return state.refused(status: status, now: .now, jitter: .random(in: 0..<1))
        case .listed(let list):
            return state.listed(try names(list.channels), next: list.next.flatMap { SequenceNumber($0) })
        }
    }

    private enum ListAnswer {
        case listed(List)
        case refused(status: Int)
        case failed(RequestFailure)
    }

    private func fetchList(isolation actor: isolated (any Actor)? = #isolation) async throws -> ListAnswer {
        let transfer = Transfer(
            ChannelRoute(relay: relay, channel: .channelList, configuration: configuration).request(.get))
        transfer.start()
        switch try await transfer.awaitHead() {
        case .failed(let failure):
            lastError = failure.error
            return .failed(failure.kind)
        case .answered(let head):
            let body = try await transfer.awaitBody(limit: Self.documentLimit) ?? []
            guard head.status == 200 else {
                lastError = ChannelRoute(relay: relay, channel: .channelList, configuration: configuration)
                    .refusal(of: "list the channels", head: head, body: body)
                return .refused(status: head.status)
            }
            if case .failed(let failure) = transfer.ending {
                lastError = failure.error
                return .failed(failure.kind)
            }
            return .listed(try decode(body, what: "list of channels"))
        }
    }

    /// Reads one document of the feed.
    ///
    /// - Returns: nil at the end of the feed.
    private func readOn(
        isolation actor: isolated (any Actor)? = #isolation
    ) async throws -> ChangefeedState.Action? {
        let next: SubscribedSegment?
        do {
            next = try await segments?.next(isolation: actor)
        } catch let error as TrickleError where state.hasList && error.isOutage {
            lastError = error
            return state.feedBroke(jitter: .random(in: 0..<1))
        }
        guard let segment = next else {
            guard feed?.statistics.endedSilently == true else { return nil }
            // A relay without its feed has been started again.
            let error = TrickleError.channelNotFound(.changefeed, relay: relay)
            guard state.hasList else { throw error }
            lastError = error
            return state.feedBroke(jitter: .random(in: 0..<1))
        }
        if segment.skipped != nil || segment.isRestart {
            let action = state.lostPlace()
            if action != .readOn { return action }
        }
        var document: [UInt8] = []
        do {
            for try await bytes in segment.body {
                document += bytes
                if document.count > Self.documentLimit { throw unreadable("change of channels", nil) }
            }
        } catch let error as TrickleError where error.concernsOneSegment {
            return state.lostPlace()
        }
        if document.isEmpty { return .readOn }
        let change: Change = try decode(document, what: "change of channels")
        return state.changed(
            ChannelChanges(added: try names(change.added ?? []), removed: try names(change.removed ?? [])))
    }

    private func decode<Document: Decodable>(_ bytes: [UInt8], what: String) throws -> Document {
        do { return try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch {
            throw unreadable(what, error)
        }
    }

    private func names(_ texts: [String]) throws -> [ChannelName] {
        do { return try texts.map { text in try ChannelName(text) } } catch {
            throw unreadable("name of a channel", error)
        }
    }

    private func unreadable(_ what: String, _ error: (any Error)?) -> TrickleError {
        TrickleError(.notARelay, "the relay at \(relay) sent a \(what) that cannot be read", underlying: error)
    }
}

extension TrickleError {
    /// Whether the relay was not there, and may be there again.
    fileprivate var isOutage: Bool { [.relayUnreachable, .connectionLost, .relayBusy].contains(code) }
}
