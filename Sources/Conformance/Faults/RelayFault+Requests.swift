extension RelayFault {
    /// One for each door: a body that is no stream creates a channel there.
    static let doorFaults = ["ts", "mkv", "webm", "flv", "mp4"].map { door in
        RelayFault.handles("createsByWhatIsNoStream.\(door)", ["URL-11"]) { request, context in
            if request.position == "live.\(door)" { _ = context.ask("POST", "/\(request.channel)") }
        }
    }

    /// What is wrong with names, framing, features and errors: chapters 2 and 3.
    static let requestFaults: [RelayFault] = [
        .reads("takesLongerPaths", ["URL-1"]) { $0.target = $0.target.replacing("/0/more", with: "/0") },
        .answers("takesAnyName", ["URL-2", "URL-6", "ERR-5", "WAIT-13"], 400, as: 200),
        .reads("comparesNamesAsSpelled", ["URL-3"]) { $0.target = $0.target.replacing("%C3%A9", with: "%C3%B8") },
        .answers("publishesInternalNames", ["URL-4"], 403, as: 200),
        .answers(
            "hasNoNotFound", ["URL-1", "URL-5", "ERR-2", "CRE-8", "FEED-8", "DEL-2", "DEL-7", "DEL-1"], 404, as: 200),
        .reads("readsBadNumbersAsZero", ["URL-6"]) { if $0.position == "a" { $0.position = "0" } },
        .reads("readsQueriesAsNames", ["URL-7"]) { $0.target = $0.target.replacing("?", with: "x") },
        .reads("readsAbsoluteTargetsAsNames", ["URL-8"]) { $0.target = $0.target.replacing("http://", with: "/") },
        .answers("hasNo405", ["URL-9", "ERR-5"], 405, as: 404),
        .answers("has400ForUnknownMethods", ["URL-9"], 501, as: 400),
        .loses("hidesAllow", ["URL-9", "CORS-4"], "Allow"),
        .handles("createsByRefusedPOST", ["URL-10"]) { request, context in
            if request.position == "-2", request.method == "POST" { _ = context.ask("POST", "/\(request.channel)") }
        },
        .connection("closesAfterAnswers", ["HTTP-1", "HTTP-2", "ERR-5", "PUB-11"], .closesAfterAnswers),
        .connection("closesAfterErrors", ["ERR-5"], .closesAfterErrors),
        .connection("closesSilentConnections", ["HTTP-22"], .closesSilentConnections),
        .connection("forgetsPipelined", ["HTTP-2"], .forgetsPipelined),
        .ignores("ignoresConnectionClose", ["HTTP-3"], "Connection"),
        .connection("neverCloses", ["HTTP-3", "HTTP-14", "HTTP-20", "GET-14"], .neverCloses),
        .reads("answersHTTP10AsHTTP11", ["HTTP-4", "PUB-15"]) {
            guard $0.version == "HTTP/1.0" else { return }
            $0.version = "HTTP/1.1"
            $0.head["Host"] = "x"
        },
        .connection("halfCloseIsClose", ["HTTP-5"], .halfCloseIsClose),
        .reads("forgivesBareLF", ["HTTP-6"]) { $0.head.lines = $0.head.lines },
        .reads("forgivesTwoLengths", ["HTTP-7"]) {
            if $0.head["Transfer-Encoding"] != nil { $0.head.remove("Content-Length") }
        },
        .reads("forgivesNoHost", ["HTTP-8"]) { if $0.head["Host"] == nil { $0.head["Host"] = "x" } },
        .reads("forgivesSpaceBeforeColon", ["HTTP-8"]) { $0.head.remove("X-A ") },
        .reads("goesOnAfterRefusal", ["HTTP-9", "HTTP-7"]) {
            if $0.head["Transfer-Encoding"] != nil, $0.head["Content-Length"] != nil { $0.refuse(400) }
        },
        .connection("badChunkIsEnd", ["HTTP-10"], .badChunkIsEnd),
        .reads("refusesExtensions", ["HTTP-11"]) {
            if $0.position == "0", $0.head["Transfer-Encoding"] == "chunked", $0.head["Expect"] == nil {
                $0.refuse(400)
            }
        },
        .reads("takesAnyCoding", ["HTTP-12"]) {
            if $0.head["Transfer-Encoding"]?.contains("gzip") == true { $0.head["Transfer-Encoding"] = "chunked" }
        },
        .answers("has400ForLongTargets", ["HTTP-13"], 414, as: 400),
        .answers("has400ForLongHeads", ["HTTP-13"], 431, as: 400),
        .ignores("ignoresExpect", ["HTTP-15"], "Expect").and {
            $0.configure = { $0.continueInterval = .seconds(60) }
        },
        .connection("resetsAfterEarlyAnswers", ["HTTP-16"], .resetsAfterEarlyAnswers),
        .connection("answersHeadWithBody", ["HTTP-17"], .answersHeadWithBody),
        .loses("hidesDate", ["HTTP-18"], "Date"),
        .reads("keepsSpacesBehindValues", ["HTTP-21"]) {
            if $0.head.lines.contains(where: { $0.hasSuffix(" ") }) { $0.refuse(501) }
        },
        .reads("keepsTabsBehindValues", ["HTTP-21"]) {
            if $0.head.lines.contains(where: { $0.hasSuffix("\t") }) { $0.refuse(400) }
        },
        .reads("readsFieldNamesAsSpelled", ["HTTP-19"]) { $0.head.lines.removeAll { $0.hasPrefix("EXPECT-CONTENT:") } },
        .loses("hidesFeatures", ["FEAT-1"], "Lp-Trickle-Features", where: { $0.method == "DELETE" }),
        .says("hasAnUnknownFeature", ["FEAT-1"], "Lp-Trickle-Features", "range, size, head, wait, magic"),
        .body("isSilentAboutErrors", ["ERR-1", "ERR-2", "ERR-3"]) { _ in "" },
        .body("isLongAboutErrors", ["ERR-1"]) { $0 + $0 },
        .says("speaksHTMLAboutErrors", ["ERR-1"], "Content-Type", "text/html"),
        .answers(
            "has404For470", ["ERR-3", "ERR-5", "WAIT-3", "WAIT-4", "WIN-3", "URL-6", "REW-8", "END-6", "HEAD-5"], 470,
            as: 404),
        .loses("hidesLatestOf470", ["ERR-3", "HEAD-5"], "Lp-Trickle-Latest", where: { $0.number == 7 }),
        .loses("hidesRetryAfter", ["ERR-4"], "Retry-After"),
    ]

    /// What is wrong with creating and publishing: chapters 4 and 5.
    static let publishFaults: [RelayFault] = [
        .pretends("doesNotCreate", ["CRE-1", "CRE-9", "CRE-11"], where: { $0.method == "POST" && $0.position == nil }),
        .handles("createsOnlyOnce", ["CRE-2", "CRE-11"]) { request, context in
            if request.method == "POST", request.position == nil, !context.remember(request.channel) {
                request.refuse(409)
            }
        },
        .loses(
            "hidesNextFromWhoCreates", ["CRE-11"], "Lp-Trickle-Latest",
            where: { $0.method == "POST" && $0.position == nil }),
        .ignores("ignoresExpectContent", ["CRE-3", "CRE-2", "CRE-5", "GET-4", "RNG-13"], "Expect-Content"),
        .ignores("ignoresContentType", ["CRE-4", "CRE-6"], "Content-Type"),
        .says(
            "forgetsContentType", ["CRE-2", "CRE-3", "CRE-4", "CRE-5", "CRE-6", "GET-4"], "Content-Type", "text/x-late"),
        .handles("createsByPOSTOfChannelOnly", ["CRE-7", "CRE-4"]) { request, context in
            guard request.method == "POST" else { return }
            if request.position == nil {
                _ = context.remember(request.channel)
            } else if context.remember(request.channel) {
                request.refuse(404)
                context.forget(request.channel)
            }
        },
        .answers("isNeverFull", ["CRE-10", "WIN-7"], 503, as: 200),
        .reads("wantsALengthToCreate", ["CRE-9"]) {
            if $0.method == "POST", $0.position == nil, $0.head["Content-Length"] == nil { $0.refuse(411) }
        },
        .pretends(
            "losesChunkedBodies", ["PUB-1", "PUB-24"], where: { $0.isPublish && $0.head["Transfer-Encoding"] != nil }),
        .loses("hidesThePublishedNumber", ["PUB-2", "PUB-8", "PUB-9"], "Lp-Trickle-Seq", where: { $0.isPublish }),
        .connection("holdsBodies", ["PUB-3", "PUB-4", "GET-7", "WAIT-6", "WAIT-8", "REW-1"], .holdsBodies),
        .handles("advancesNextWithTheHead", ["PUB-5", "PUB-7"]) { request, context in
            if request.isPublish, request.head["Expect"] != nil { _ = context.ask("POST", "/\(request.channel)/-1") }
        },
        .pretends("ignoresEmptySegments", ["PUB-6"], where: { $0.isPublish && $0.head["Content-Length"] == "0" }),
        .connection(
            "brokenPublisherFinishes", ["PUB-7", "PUB-21", "GET-11", "GET-13", "REW-3"], .brokenPublisherFinishes),
        .connection("brokenPublisherHangs", ["PUB-21", "GET-11", "GET-13", "GET-14", "RNG-10"], .brokenPublisherHangs),
        .reads("publishesMinusOneAsZero", ["PUB-8"]) { if $0.isPublish, $0.position == "-1" { $0.position = "0" } },
        .handles("decidesMinusOneAtTheHead", ["PUB-9"]) { request, context in
            if request.isPublish, request.number == -1, let next = context.next(of: request.channel) {
                request.position = String(next)
            }
        },
        .answers("keepsChannelsThatNeverWere", ["PUB-26", "NEXT-4"], 404, as: 200, where: { $0.position == "next" }),
        .answers("countsBeyondTheLast", ["PUB-23", "RES-2"], 409, as: 200),
        .reads("publishesRelativePositions", ["PUB-10"]) {
            if $0.isPublish, let number = $0.number, number < -1 { $0.position = "-1" }
        },
        .handles("refusesToPreconnect", ["PUB-12", "PUB-14"]) { request, context in
            if request.isPublish, let number = request.number, let next = context.next(of: request.channel),
                number > next
            {
                request.refuse(409)
            }
        },
        .handles("movesNextBack", ["PUB-13", "REW-11"]) { request, context in
            if request.isPublish, let number = request.number, number >= 0 {
                context.last.withLock { $0[request.channel] = number + 1 }
            } else if request.position == "next", let next = context.last.withLock({ $0[request.channel] }) {
                request.refuse(200, ["Lp-Trickle-Latest: \(next)"], body: String(next))
            }
        },
        .reads("wantsALength", ["PUB-15"]) {
            if $0.isPublish, $0.head["Content-Length"] == nil, $0.head["Transfer-Encoding"] == nil { $0.refuse(411) }
        },
        .answers("takesAnyLength", ["PUB-16", "PUB-17"], 413, as: 200),
        RelayFault("takesOneOpenSegment", ["PUB-18", "PUB-12", "REW-13"]) {
            $0.configure = { $0.limits.openSegmentCount = 1 }
        },
        .answers("has500ForTooManySegments", ["PUB-18", "ERR-4"], 429, as: 500),
        RelayFault("doesNotKeepPublishersWaiting", ["PUB-19"]) {
            $0.configure = { $0.continueInterval = .seconds(60) }
        },
        .reads("interruptsHTTP10", ["PUB-20"]) {
            if $0.isPublish, $0.version == "HTTP/1.0" { $0.version = "HTTP/1.1"; $0.head["Host"] = "x" }
        },
        RelayFault("takesTwoPreconnectedPOSTs", ["PUB-25"]) { $0.configure = { $0.limits.preconnectedCount = 2 } },
        .connection("slowReaderStopsAll", ["PUB-22"], .slowReaderStopsAll),
        .reads("losesEmptyChunkedBodies", ["PUB-24"]) {
            if $0.isPublish, $0.head["Transfer-Encoding"] != nil, $0.head["Expect"] == nil { $0.isSwallowed = true }
        },
    ]

    /// What is wrong with numbers that are written again: chapter 6.
    static let rewriteFaults: [RelayFault] = [
        .handles("endsWhatIsContinued", ["REW-1", "REW-2"]) { request, context in
            if request.isPublish, let number = request.number, number >= 0,
                let next = context.next(of: request.channel),
                number < next
            {
                _ = context.ask("DELETE", "/\(request.channel)/\(number)")
            }
        },
        .handles("decidesNumbersAtTheHead", ["REW-15"]) { request, context in
            if request.isPublish, request.head["Expect"] != nil, let next = context.next(of: request.channel),
                request.number == next
            {
                request.position = "-1"
            }
        },
        .handles("doesNotReplace", ["REW-3", "RNG-10"]) { request, context in
            guard request.isPublish, let number = request.number, number >= 0 else { return }
            let state = context.ask("HEAD", "/\(request.channel)/\(number)")?["Lp-Trickle-State"]
            if state == "aborted" { request.refuse(409) }
        },
        .handles("takesEachRepetitionForARestart", ["REW-4"]) { request, context in
            if request.isPublish, let number = request.number, number >= 0,
                let next = context.next(of: request.channel),
                number < next
            {
                _ = context.ask("POST", "/\(request.channel)/\(number)", body: "something else")
            }
        },
        .handles("ignoresRestarts", ["REW-5", "REW-7", "REW-8", "REW-10"]) { request, context in
            guard request.isPublish, let number = request.number, number >= 0,
                let next = context.next(of: request.channel), number < next
            else { return }
            request.refuse(200, ["Lp-Trickle-Seq: \(number)"])
        },
        .handles("forgetsWhatIsCompared", ["REW-6"]) { request, context in
            if request.isPublish, request.head["Expect"] != nil, let number = request.number, number >= 0,
                let next = context.next(of: request.channel), number < next
            {
                _ = context.ask("POST", "/\(request.channel)/\(number)", body: "?")
            }
        },
        .handles("keepsAllAtRestart", ["REW-8", "REW-5"]) { request, _ in
            // What was dropped is still there, as far as anybody can see.
            if request.isRead { request.note = "kept" }
        }.and { $0.response = { request, head in if request.note != nil, head.status == 470 { head.status = 200 } } },
        .connection("restartCutsReaders", ["REW-9"], .restartCutsReaders),
        RelayFault("forgetsWhoWaitsAtRestart", ["REW-10"]) {
            $0.swallows = { request, head in
                guard request.isRead, let asked = request.number, let got = head["Lp-Trickle-Seq"].flatMap({ Int($0) })
                else { return false }
                return asked > got
            }
        },
        .handles("takesLateArrivalsForLost", ["REW-11", "PUB-13"]) { request, context in
            if request.isPublish, let number = request.number, number >= 0,
                let next = context.next(of: request.channel),
                number < next
            {
                request.refuse(470)
            }
        },
        .ignores("ignoresReset", ["REW-12"], "Lp-Trickle-Reset"),
        .handles("resetsWhatIsAhead", ["REW-13"]) { request, context in
            if request.head["Lp-Trickle-Reset"] != nil { _ = context.ask("DELETE", "/\(request.channel)/-2") }
        },
        .answers("praisesReplacedPublishers", ["REW-14"], 409, as: 200),
    ]
}

extension RelayFault {
    /// The same with something more.
    func and(_ set: (inout RelayFault) -> Void) -> RelayFault {
        var fault = self
        set(&fault)
        return fault
    }
}
