import NIOHTTP1
import Testing
import TrickleCore

@testable import TrickleRelay

/// What paths and methods mean.
@Suite struct RouteTableTests {
    private func request(_ method: HTTPMethod, _ target: String, _ fields: HTTPHeaders = [:]) -> RelayRequest {
        RelayRequest(HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields))
    }

    private func route(
        _ method: HTTPMethod, _ target: String, _ fields: HTTPHeaders = [:], ramps: [RampRoute] = []
    ) throws -> Route {
        try RouteTable(basePath: BasePath("/base"), ramps: ramps).route(of: request(method, "/base" + target, fields))
    }

    @Test(arguments: [
        ("/cam/7", "read read publish endSegment describe"), ("/cam/next", "read read - - describe"),
        ("/cam", "- - create close describe"), ("/_channels", "list list - - describe"),
    ])
    func `the protocol has a row for each path and method`(target: String, actions: String) throws {
        let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .DELETE, .OPTIONS]
        for (method, wanted) in zip(methods, actions.split(separator: " ")) {
            let action = try route(method, target).action
            if wanted == "-" {
                #expect(action == .unknown(RequestMethod(rawValue: method.rawValue)))
            } else {
                #expect("\(action)" == wanted)
            }
            #expect(try route(method, target).channel?.description == (target.contains("_") ? "_channels" : "cam"))
        }
        #expect(try route(.PATCH, target).action == .unknown(.patch))
        #expect(try route(.PROPFIND, target).action == .unknown(nil))
    }

    private static let ramps = [
        RampRoute("/{channel}") { _ in .problem(500, "") }, RampRoute("/{channel}.ts") { _ in .problem(500, "") },
        RampRoute("/{channel}/{number}.ts") { _ in .problem(500, "") },
        RampRoute("/{channel}/whip", methods: [.post], action: .publish) { _ in .problem(500, "") },
        RampRoute("/{channel}/7", methods: [.get, .patch]) { _ in .problem(500, "") },
        RampRoute("/any/*") { _ in .problem(500, "") },
    ]

    /// What the route of a ramp is: its pattern's place in the list, with what its places have.
    private func ramp(_ method: HTTPMethod, _ target: String) throws -> String? {
        let route = try route(method, target, ramps: Self.ramps)
        guard case .ramp(let ramp, let request) = route.destination else { return nil }
        #expect(route.action == ramp.action(request))
        #expect(route.channel == request.channel)
        return "\(request.channel?.description ?? "-") \(request.number?.description ?? "-")"
    }

    @Test func `ramps have what the protocol has not`() throws {
        #expect(try ramp(.GET, "/cam.ts") == "cam.ts -")
        #expect(try ramp(.HEAD, "/c%20m") == "c m -")
        #expect(try ramp(.GET, "/cam/12.ts") == "cam 12")
        #expect(try ramp(.POST, "/cam/whip") == "cam -")
        #expect(try ramp(.GET, "/any/where/at/all") == "- -")
        // A path of the protocol's, with a method that it does not have.
        #expect(try ramp(.PATCH, "/cam/7") == "cam -")
        #expect(try ramp(.GET, "/cam/7") == nil)
        for (method, target) in [
            (HTTPMethod.GET, "/cam/x.ts"), (.GET, "/cam/whip"), (.GET, "/_cam/1.ts"), (.GET, "/%ff"),
        ] {
            #expect(throws: RequestProblem.self, "\(target)") { try ramp(method, target) }
        }
    }

    @Test func `OPTIONS tells the methods of all rows that a path has`() throws {
        let route = try route(.OPTIONS, "/cam/whip", ramps: Self.ramps)
        guard case .description(let methods) = route.destination else {
            Issue.record("\(route)")
            return
        }
        #expect(methods == [.post, .options])
        #expect(route.action == .describe)
    }

    @Test func `only what changes a channel is refused on the relay's own`() throws {
        #expect(RelayAction.publish.changesChannel && RelayAction.create.changesChannel)
        #expect(RelayAction.close.changesChannel && RelayAction.endSegment.changesChannel)
        #expect(!RelayAction.read.changesChannel && !RelayAction.list.changesChannel)
        #expect(RelayAction.unknown(.post).changesChannel && !RelayAction.unknown(.patch).changesChannel)
    }
}
