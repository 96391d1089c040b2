import NIOCore

/// An address of its own for those who operate the relay: `/metrics`, `/clients`, `/healthz`, `/readyz`.
extension RelayServer {
    /// - Throws: ``RelayStartError`` when the address cannot be had.
    func startMetricsServer(
        host: String, port: Int, access: (any AccessPolicy)?
    ) throws(RelayStartError) -> RouteServer {
        try RouteServer.start(
            host: host, port: port, option: "--metrics", access: access, logger: setupFailures.logger,
            routes: [
                // A load balancer has no credentials.
                RampRoute("/healthz", action: .describe) { _ in Self.text("ok\n") },
                RampRoute("/readyz", action: .describe) { _ in
                    switch self.readiness {
                    case .ready: Self.text("ready\n")
                    case .full: Self.text("full\n", status: 503)
                    case .draining: Self.text("draining\n", status: 503)
                    }
                },
                RampRoute("/metrics", action: .metrics) { _ in Self.text(await self.metrics()) },
                RampRoute("/clients", action: .metrics) { _ in
                    RampResponse(
                        status: 200, fields: [(name: "Content-Type", value: "application/json")],
                        .bytes(await self.clientList().body))
                },
                RampRoute("/*", action: .describe) { _ in
                    Self.text("here are /metrics, /clients, /healthz and /readyz\n", status: 404)
                },
            ])
    }

    private static func text(_ text: String, status: Int = 200) -> RampResponse {
        RampResponse(
            status: status, fields: [(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")],
            .bytes(ByteBuffer(string: text)))
    }
}
