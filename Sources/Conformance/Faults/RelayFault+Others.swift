extension RelayFault {
    /// What is wrong with lists, ranges, browsers and caches: chapters 11 to 13.
    static let otherFaults: [RelayFault] = [
        .loses("letsBrowsersGuess", ["SAFE-1"], "X-Content-Type-Options"),
        .loses("servesPages", ["SAFE-1"], "Content-Security-Policy"),
        .says("servesScripts", ["SAFE-2"], "Content-Type", "text/html", where: { $0.isRead }),
        .body("feedsLines", ["FEED-1", "FEED-4"], where: { $0.channel == "_changes" && $0.position != "next" }) { _ in
            "a channel came"
        },
        .body("feedDoesNotNameItself", ["FEED-2"], where: { $0.channel == "_changes" }) {
            $0.replacing("_changes", with: "changes")
        },
        .says("feedHasNoType", ["FEED-3"], "Content-Type", "text/plain", where: { $0.channel == "_changes" }),
        RelayFault("feedIsSilentAboutNewChannels", ["FEED-4", "FEED-6", "FEED-9", "LIST-2"]) {
            $0.piece = { request, _, bytes in replaced("added", "nothing", request, bytes) }
            $0.body = { request, text in request.channel == "_changes" ? text.replacing("added", with: "nothing") : text
            }
        },
        RelayFault("feedIsSilentAboutOldChannels", ["FEED-5"]) {
            $0.piece = { request, _, bytes in replaced("removed", "nothing", request, bytes) }
            $0.body = { request, text in
                request.channel == "_changes" ? text.replacing("removed", with: "nothing") : text
            }
        },
        RelayFault("feedSpellsNamesAsURLs", ["FEED-6"]) {
            $0.piece = { request, _, bytes in replaced("\u{E9}", "%C3%A9", request, bytes) }
            $0.body = { request, text in text.replacing("\u{E9}", with: "%C3%A9") }
        },
        RelayFault("feedForgets", ["FEED-7"]) { $0.configure = { $0.limits.changefeedWindowCount = 5 } },
        .handles("feedIsLate", ["FEED-9"]) { request, _ in
            if request.channel == "_changes", request.position == "next" { request.note = "late" }
        }.and {
            $0.response = { request, head in
                if request.note != nil, let next = head["Lp-Trickle-Latest"].flatMap({ Int($0) }) {
                    head["Lp-Trickle-Latest"] = String(next - 1)
                }
            }
        },
        .body("listGoesOnNowhere", ["FEED-8"], where: { $0.channel == "_channels" }) {
            $0.replacing("]}", with: "],\"next\":0}")
        },
        .body("listIsEmpty", ["LIST-1", "LIST-2", "LIST-4"], where: { $0.channel == "_channels" }) { _ in
            #"{"channels":[],"next":0}"#
        },
        .body("listDoesNotSayWhereToGoOn", ["LIST-1"], where: { $0.channel == "_channels" }) {
            $0.replacing("\"next\"", with: "\"later\"")
        },
        .body("listNamesItself", ["LIST-3"], where: { $0.channel == "_channels" }) {
            $0.replacing("[", with: "[\"_changes\",")
        },
        .body("listIsBackwards", ["LIST-4"], where: { $0.channel == "_channels" }) {
            $0.replacing("[", with: "[\"~\",")
        },

        .ignores("ignoresRanges", ["RNG-1", "RNG-2", "RNG-3", "RNG-4", "RNG-5", "RNG-6", "RNG-7"], "Range"),
        .loses("hidesContentRange", ["RNG-1", "RNG-2", "RNG-3", "RNG-4", "RNG-5", "RNG-6"], "Content-Range"),
        .answers("has400ForBadRanges", ["RNG-2", "RNG-5", "RNG-6", "RNG-7"], 416, as: 400),
        .reads("readsHalfARange", ["RNG-8"]) {
            if let range = $0.head["Range"], range.contains(",") {
                $0.head["Range"] = range.split(separator: ",").first.map(String.init)
            }
        },
        .reads("readsNoSuffixes", ["RNG-1", "RNG-16"]) {
            if $0.head["Range"]?.hasPrefix("bytes=-") == true { $0.head["Range"] = nil }
        },
        .loses("hasNoETags", ["RNG-9", "RNG-10"], "ETag"),
        .says("hasOneETag", ["RNG-9", "RNG-10"], "ETag", "\"one\""),
        .ignores("ignoresIfRange", ["RNG-11"], "If-Range"),
        .loses("hidesThatItHasRanges", ["RNG-12"], "Accept-Ranges"),
        .loses("hidesTheNumberOfAPart", ["RNG-13"], "Lp-Trickle-Seq", where: { $0.head["Range"] != nil }),
        .ignores(
            "waitsAtTheEdgeForEver", ["RNG-14"], "Lp-Trickle-Wait", where: { $0.head["Range"] != nil }),
        .loses("hidesThatARangeWasAborted", ["RNG-15"], "Lp-Trickle-Aborted", where: { $0.head["Range"] != nil }),

        .loses("hidesFromBrowsers", ["CORS-1"], "Access-Control-Allow-Origin"),
        .ignores("letsPagesWrite", ["CORS-5"], "Origin"),
        .loses("challengesNobody", ["AUTH-1"], "WWW-Authenticate"),
        .ignores("letsScriptsAskForPasswords", ["AUTH-7"], "X-Requested-With"),
        .answers("hidesThatCredentialsAreWanted", ["AUTH-1"], 401, as: 404),
        .ignores("readsNoAuthorization", ["AUTH-1", "AUTH-2", "AUTH-3", "AUTH-6"], "Authorization"),
        .reads("readsNoTokensInQueries", ["AUTH-2"]) {
            $0.target = String($0.target.prefix { $0 != "?" })
        },
        .answers("tellsOfHiddenChannels", ["AUTH-3"], 404, as: 403, where: { $0.head["Authorization"] != nil }),
        .answers("wantsCredentialsForOptions", ["AUTH-4"], 204, as: 401, where: { $0.method == "OPTIONS" }),
        .body(
            "listsHiddenChannels", ["AUTH-6"], where: { $0.channel == "_channels" && $0.head["Authorization"] != nil }
        ) {
            $0.replacing("[", with: "[\"hidden\",")
        },
        .loses("exposesNothing", ["CORS-2"], "Access-Control-Expose-Headers"),
        .loses("allowsBrowsersNoMethods", ["CORS-3"], "Access-Control-Allow-Methods"),
        .loses("allowsBrowsersNoFields", ["CORS-3"], "Access-Control-Allow-Headers"),
        .answers("asksBrowsersForChannels", ["CORS-4", "CORS-3"], 204, as: 404, where: { $0.method == "OPTIONS" }),
        .says("cachesEverything", ["CACHE-1"], "Cache-Control", "max-age=10"),
        .says("cachesNothing", ["CACHE-2"], "Cache-Control", "no-store"),
        .says("cachesForEver", ["CACHE-2"], "Cache-Control", "max-age=31536000"),
    ]

    /// What is wrong with resuming a publish: chapter 14.
    static let resumeFaults: [RelayFault] = [
        .answers("takesAnyID", ["RES-1", "RES-11"], 400, as: 200),
        .ignores("ignoresPublishers", ["RES-2", "RES-4", "RES-6", "RES-7", "RES-8"], "Lp-Trickle-Publisher"),
        .ignores("ownersCannotBeReset", ["RES-3"], "Lp-Trickle-Reset"),
        RelayFault("lingersForEver", ["RES-5"]) {
            $0.configure = {
                $0.limits.lingerDuration = .seconds(3600)
                $0.limits.idleTimeout = .seconds(3600)
            }
        },
        .ignores("ignoresOffsets", ["RES-7", "RES-8", "RES-12", "RES-13"], "Lp-Trickle-Offset"),
        .loses("hidesHowFarItGot", ["RES-8", "RES-13"], "Lp-Trickle-Size", where: { $0.isPublish }),
        .handles("refusesToTakeOver", ["RES-6", "RES-9"]) { request, _ in
            if let offset = request.head["Lp-Trickle-Offset"], offset != "0" { request.refuse(409) }
        },
        .ignores(
            "letsASecondPublisherIn", ["RES-14", "RES-16"], "Lp-Trickle-Publisher",
            where: { $0.method == "POST" && $0.position == nil }),
        .ignores("letsOthersCloseChannels", ["RES-15"], "Lp-Trickle-Publisher", where: { $0.method == "DELETE" }),
        .loses("hidesHowLongAnotherPublishes", ["RES-16"], "Lp-Trickle-Owner"),
        .handles("lingersBesideTheNext", ["RES-10"]) { request, _ in
            if request.isPublish, request.position == "1" { request.refuse(200) }
        },
    ]

    /// All of them.
    public static let all =
        requestFaults + doorFaults + publishFaults + rewriteFaults + readFaults + waitFaults + endFaults + otherFaults
        + resumeFaults

    private static func replaced(_ old: String, _ new: String, _ request: FaultyRequest, _ bytes: [UInt8]) -> [UInt8] {
        guard request.channel == "_changes" else { return bytes }
        return Array(String(decoding: bytes, as: UTF8.self).replacing(old, with: new).utf8)
    }
}
