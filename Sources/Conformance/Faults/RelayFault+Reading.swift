extension RelayFault {
    /// What is wrong with positions and with segments that are there: chapter 7.
    static let readFaults: [RelayFault] = [
        .reads("takesMinusOneForMinusTwo", ["POS-1", "HEAD-2"]) { if $0.number == -1 { $0.position = "-2" } },
        .reads("takesMinusTwoForMinusThree", ["POS-2", "POS-3"]) { if $0.number == -2 { $0.position = "-3" } },
        .reads("isOneOffInThePast", ["POS-3"]) {
            if let number = $0.number, number < -2 { $0.position = String(number + 1) }
        },
        .reads("hasNoPastBeyondTheWindow", ["POS-4", "POS-5"]) { if $0.number == -100 { $0.refuse(470) } },
        .says("resolvesLate", ["POS-6", "GET-2", "WAIT-2"], "Lp-Trickle-Seq", "4711", where: { $0.isRead }),
        .reads("hasNoSegments", ["GET-1", "GET-10", "PUB-1"]) { if $0.isRead { $0.refuse(470) } },
        RelayFault("garblesBytes", ["GET-1", "GET-8", "RNG-1", "PUB-1"]) {
            $0.piece = { request, _, bytes in request.isRead ? bytes.map { $0 ^ 1 } : bytes }
        },
        .loses("hidesTheNumber", ["GET-2", "POS-1", "END-4"], "Lp-Trickle-Seq"),
        .loses("hidesLatest", ["GET-3", "NEXT-2", "GET-13"], "Lp-Trickle-Latest"),
        .handles("alwaysTellsLatest", ["GET-3"]) { _, _ in }.and {
            $0.response = { _, head in
                if head["Lp-Trickle-Latest"] == nil, let number = head["Lp-Trickle-Seq"] {
                    head["Lp-Trickle-Latest"] = number
                }
            }
        },
        .loses("hidesTheTypeFromGET", ["GET-4", "CRE-6"], "Content-Type", where: { $0.isRead }),
        .says("hasOneState", ["HEAD-2", "HEAD-6"], "Lp-Trickle-State", "waiting", where: { $0.method == "HEAD" }),
        .loses("hidesTheTypeFromHEAD", ["HEAD-1"], "Content-Type", where: { $0.method == "HEAD" }),
        .loses("hidesTheSize", ["GET-5", "HEAD-3", "RNG-13"], "Lp-Trickle-Size"),
        .says("tellsNoSize", ["GET-5", "HEAD-3"], "Lp-Trickle-Size", "0"),
        .reads("knowsNoLengths", ["GET-6"]) { if $0.isRead { $0.head["Lp-Trickle-Head"] = "early" } },
        RelayFault("losesTheBeginning", ["GET-7", "GET-8", "GET-9", "GET-10", "PUB-3"]) {
            $0.piece = { request, index, bytes in request.isRead && index == 0 ? [] : bytes }
        },
        RelayFault("hasNoTrailers", ["GET-11", "EARLY-2", "PUB-21", "REW-14", "HTTP-10"]) { $0.trailers = { _ in "" } },
        .loses("announcesNoTrailers", ["GET-12", "EARLY-3"], "Trailer"),
        .loses("forgetsThatItWasAborted", ["GET-13", "HEAD-2"], "Lp-Trickle-Aborted"),
        .connection("cutIsEnd", ["GET-15"], .cutIsEnd),

        .reads("tellsNext", ["NEXT-1", "NEXT-2"]) {
            if $0.position == "next" { $0.refuse(200, ["Lp-Trickle-Latest: 7"], body: "7") }
        },
        .body("tellsNextInWords", ["NEXT-1"], where: { $0.position == "next" }) { _ in "zero" },
        .reads("waitsForNext", ["NEXT-3", "NEXT-1"]) { if $0.position == "next" { $0.isSwallowed = true } },
        .handles("headWaits", ["HEAD-4", "HEAD-2"]) { request, context in
            guard request.method == "HEAD", let number = request.number, number >= -1 else { return }
            if context.ask("HEAD", request.target)?["Lp-Trickle-State"] == "waiting" { request.isSwallowed = true }
        },
        .loses("hidesTheState", ["HEAD-2", "HEAD-4"], "Lp-Trickle-State"),
        .answers("headKnowsNo470", ["HEAD-5"], 470, as: 200, where: { $0.method == "HEAD" }),
    ]

    /// What is wrong with waiting: chapter 7.
    static let waitFaults: [RelayFault] = [
        .reads("doesNotWait", ["WAIT-1", "WAIT-2", "WAIT-8", "WAIT-6"]) {
            if $0.isRead { $0.head["Lp-Trickle-Wait"] = "0" }
        },
        .reads("doesNotWaitForOne", ["WAIT-2"]) { if $0.isRead, $0.position == "1" { $0.refuse(470) } },
        .handles("waitsForAnyNumber", ["WAIT-3", "HEAD-5", "ERR-3", "EARLY-4"]) { request, context in
            if let number = request.number, request.method == "GET" || request.method == "HEAD", number > 1,
                let next = context.next(of: request.channel), number > next
            {
                request.isSwallowed = true
            }
        },
        .handles("waitsForWhatIsGone", ["WAIT-4"]) { request, context in
            if request.isRead, let number = request.number, number >= 0, let next = context.next(of: request.channel),
                number < next
            {
                request.isSwallowed = true
            }
        },
        .handles("doesNotWaitForLateArrivals", ["WAIT-5"]) { request, context in
            if request.isRead, let number = request.number, number >= 0, let next = context.next(of: request.channel),
                number < next,
                context.ask("HEAD", request.target)?["Lp-Trickle-State"] == "waiting"
            {
                request.refuse(470)
            }
        },
        .reads("sendsTheHeadBeforeTheBody", ["WAIT-6", "WAIT-1", "PUB-7"]) {
            if $0.isRead { $0.head["Lp-Trickle-Head"] = "early" }
        },
        .handles("servesOneWaiter", ["WAIT-8", "DEL-3"]) { request, context in
            if request.isRead, !context.remember(request.channel) { request.isSwallowed = true }
        },
        .handles("runsOutOfWaiters", ["WAIT-9"]) { request, context in
            guard request.isRead else { return }
            let count = context.last.withLock { counts in
                counts[request.channel, default: 0] += 1
                return counts[request.channel] ?? 0
            }
            if count > 50 { request.refuse(503) }
        },
        RelayFault("forgetsWhoWaitsForWhatCannotCome", ["WAIT-10"]) {
            $0.swallows = { request, head in
                request.isRead && (head["Lp-Trickle-Latest"] == "101" || head["Lp-Trickle-Seq"] == "100")
            }
        },
        .says(
            "takesEmptyForClosed", ["WAIT-11", "PUB-6", "END-4"], "Lp-Trickle-Closed", "terminated",
            where: { $0.isRead }),
        .ignores("ignoresWait", ["WAIT-12"], "Lp-Trickle-Wait"),
        .loses("hidesTheTimeout", ["WAIT-12"], "Lp-Trickle-Timeout"),
        .reads("guessesTheWait", ["WAIT-13"]) {
            if $0.head["Lp-Trickle-Wait"] == "soon" { $0.head["Lp-Trickle-Wait"] = "0" }
        },
        RelayFault("makesEverybodyWaitBriefly", ["WAIT-14"]) { $0.configure = { $0.waitTimeout = .seconds(1) } },
        .connection("waitsBriefly", ["WAIT-7", "WAIT-14"], .cutsWaitingReaders),
        .connection("waitCutsBodies", ["WAIT-15"], .waitCutsBodies),
        .ignores("ignoresEarlyHead", ["EARLY-1"], "Lp-Trickle-Head"),
        .ignores(
            "ignoresEarlyHeadsOfRanges", ["EARLY-5"], "Lp-Trickle-Head", where: { $0.head["Range"] != nil }),
        .answers("waitsEarlyForAnything", ["EARLY-4"], 470, as: 200),
    ]

    /// What is wrong with the window and with ends: chapters 9 and 10.
    static let endFaults: [RelayFault] = [
        RelayFault("keepsOneSegment", ["WIN-1"]) {
            $0.configure = {
                $0.limits.windowCount = 1
                $0.limits.windowDuration = .zero
            }
        },
        RelayFault("keepsNoYoungSegments", ["WIN-2"]) { $0.configure = { $0.limits.windowDuration = .zero } },
        RelayFault("keepsEverything", ["WIN-3", "GET-15"]) {
            $0.configure = { $0.limits.windowDuration = .seconds(3600) }
        },
        RelayFault("keepsAnyNumberOfBytes", ["WIN-4"]) { $0.configure = { $0.limits.windowByteCount = 1 << 40 } },
        .answers("hasAWindowOfItsOwn", ["WIN-3", "WIN-6", "WIN-7"], 470, as: 200),
        .handles("dropsOpenSegments", ["WIN-5"]) { request, context in
            if request.isRead, request.position == "0", let next = context.next(of: request.channel), next > 5 {
                request.refuse(470)
            }
        },
        .pretends(
            "doesNotEndSegments", ["END-1", "END-2", "END-3", "END-4", "END-7", "END-8"],
            where: { $0.method == "DELETE" && $0.position != nil }),
        .answers(
            "isStrictAboutEnds", ["END-1", "END-5"], 200, as: 404,
            where: { $0.method == "DELETE" && $0.position != nil }),
        .answers("endsAnything", ["END-6"], 470, as: 200, where: { $0.method == "DELETE" }),
        .reads("endsExactNumbersOnly", ["END-7"]) {
            if $0.method == "DELETE", let number = $0.number, number < 0 { $0.refuse(400) }
        },
        .pretends(
            "doesNotClose",
            ["DEL-1", "DEL-3", "DEL-4", "DEL-5", "DEL-6", "DEL-7", "DEL-9", "DEL-11", "FEED-5", "LIST-3"],
            where: { $0.method == "DELETE" && $0.position == nil && !$0.channel.hasPrefix("_") }),
        .loses("hidesTheClose", ["DEL-3", "DEL-4", "DEL-5", "DEL-9", "DEL-13", "DEL-12"], "Lp-Trickle-Closed"),
        .loses("hidesConnectionClose", ["HTTP-16", "PUB-16", "END-3", "DEL-4", "DEL-5", "REW-14"], "Connection"),
        .answers("closesWithConflict", ["DEL-5", "END-3"], 200, as: 409, where: { $0.isPublish }),
        .connection("cutsReadersAtTheClose", ["DEL-6", "END-2"], .endIsCut),
        RelayFault("losesSegmentsAtTheClose", ["DEL-8", "DEL-9"]) {
            $0.request = { request, context in
                if request.method == "DELETE", request.position == nil { _ = context.remember(request.channel) }
                if request.isPublish { context.forget(request.channel) }
                if request.isRead {
                    if context.remember(request.channel) {
                        context.forget(request.channel)
                    } else {
                        request.refuse(404)
                    }
                }
            }
        },
        RelayFault("drainsForEver", ["DEL-10"]) { $0.configure = { $0.limits.drainDuration = .seconds(3600) } },
        RelayFault("isNeverIdle", ["DEL-12"]) { $0.swallows = { _, head in head["Lp-Trickle-Closed"] != nil } },
        .says("closesChannelsWithTheRelay", ["DRN-1"], "Lp-Trickle-Closed", "terminated"),
        RelayFault("blamesThePublisherForItsEnd", ["DRN-2"]) {
            $0.trailers = { $0.replacing("relay", with: "publisher") }
        },
        .connection("trustsInSilence", ["DRN-3"], .hasNoKeepAlive),
    ]
}
