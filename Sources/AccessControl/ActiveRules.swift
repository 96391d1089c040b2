import TrickleCore
import TrickleRelay

/// Rules as they are looked up, and who has shown under them who it is.
///
/// New rules are another value of this: nothing that was found out under old ones counts any longer.
struct ActiveRules: Sendable {
    /// Whom rules let in by where it comes from.
    private struct OpenRights {
        /// nil for anybody.
        var addresses: AddressRange?
        var rights: ChannelRights

        func cover(_ client: ClientIdentity) -> Bool { addresses?.contains(client.address) ?? true }
    }

    struct Hook: Sendable {
        let asking: any HookAsking
        let rights: ChannelRights
    }

    let register: SecretRegister
    let hooks: [Hook]
    /// What anybody may do comes first: pages of all origins may read that.
    private let open: [OpenRights]

    init(_ rules: AccessRules, _ surroundings: AccessSurroundings) {
        register = SecretRegister(rules, surroundings)
        var open: [OpenRights] = []
        var hooks: [HookSettings: ChannelRights] = [:]
        for (subject, rights) in rules.rights {
            switch subject {
            case .anybody: open.append(OpenRights(addresses: nil, rights: rights))
            case .addresses(let range): open.append(OpenRights(addresses: range, rights: rights))
            case .hook(let settings): hooks[settings, default: ChannelRights()].formUnion(rights)
            case .user, .token, .jwt: break
            }
        }
        self.open = open.filter { $0.addresses == nil } + open.filter { $0.addresses != nil }
        self.hooks = hooks.compactMap { settings, rights in
            rules.hooks[settings].map { Hook(asking: $0, rights: rights) }
        }
    }

    /// What is allowed to a client; nil for nothing.
    ///
    /// - Parameters:
    ///   - standing: What it has shown.
    ///   - hookRights: What hooks let it do.
    func grant(
        _ demand: AccessDemand, to client: ClientIdentity, _ standing: Standing?, hookRights: [ChannelRights] = []
    ) -> AccessGrant? {
        if demand.isListing { return listing(for: client, standing, hookRights) }
        var grant = AccessGrant()
        if let open = open.first(where: { $0.rights.allows(demand) && $0.cover(client) }) {
            grant.isForAnybody = open.addresses == nil
        } else if let standing, standing.rights.allows(demand) {
            grant.end = standing.end
        } else if !hookRights.contains(where: { $0.allows(demand) }) {
            return nil
        }
        return grant
    }

    private func listing(
        for client: ClientIdentity, _ standing: Standing?, _ hookRights: [ChannelRights]
    ) -> AccessGrant? {
        var (anybody, own) = ([ChannelPattern](), [ChannelPattern]())
        for open in open where open.cover(client) {
            if open.addresses == nil { anybody += open.rights[.list] } else { own += open.rights[.list] }
        }
        own += hookRights.flatMap { $0[.list] }
        let shown = standing?.rights[.list] ?? []
        var grant = AccessGrant()
        grant.isForAnybody = anybody.contains(.all) || own.isEmpty && shown.isEmpty
        if !shown.isEmpty, !(anybody + own).contains(.all) { grant.end = standing?.end }
        var listed: [ChannelPattern] = []
        for pattern in anybody + own + shown where !listed.contains(pattern) { listed.append(pattern) }
        grant.listed = listed.contains(.all) ? nil : listed
        return listed.isEmpty ? nil : grant
    }
}

extension AccessRules {
    /// What each of the subjects may, rule by rule.
    var rights: [(AccessSubject, ChannelRights)] {
        rules.flatMap { rule in
            let rights = ChannelRights(rule.permissions, on: rule.channels)
            return rule.subjects.map { ($0, rights) }
        }
    }
}
