import AllocatorShims
import ChildProcesses
import CommandFrame
import Endings
import Ingest
import MediaChildren
import Restreaming
import TLSListening
import TrickleGateway
import TrickleRelay

/// The relay from its start to its end.
struct ServerRun {
    let options: TrickleServer
    /// nil where no file says who may do what.
    let access: FileAccess?
    /// nil where there is no TLS.
    let certificates: TLSCertificates?
    let session: ToolSession

    /// - Throws: ``ToolFailure``.
    func run() async throws {
        allocator_suit_server()
        DescriptorLimit.raise()
        let configuration = try options.relayConfiguration(access?.policy, certificates, session.logger)
        try checkRoom()
        let gateway = options.gateway.configuration(publisherCount: options.limits.maxPublisherChildren)
        let children = gateway.childBudget()
        let relay = try start(configuration, gateway, children)
        if let address = options.metrics { try await serveMetrics(at: address, of: relay) }
        // Whoever has read that it listens may send SIGHUP.
        let service = access.map { makeService(for: relay, children, $0) }
        let watch = certificates.map { CertificateWatch($0) }
        defer { watch?.end() }
        for url in relay.urls { session.logger.notice("listening on \(url)") }
        if access?.policy.isOpen ?? true, let port = relay.openPort { warn(of: port) }
        do {
            if let service, let access {
                try await service.run(access.file.contents)
            } else {
                await session.stop.wait()
            }
        } catch {
            await relay.shutDown()
            throw error
        }
        await relay.shutDown()
    }

    /// Event loops cannot be refused their threads: those of the relay, of its acceptor, and of the metrics' listener.
    private func checkRoom() throws {
        let count = options.limits.threads + 1 + (options.metrics == nil ? 0 : RouteServer.threadCount)
        do { try SystemRoom.forTools(eventLoopCount: count).check() } catch { throw ToolFailure("\(error)") }
    }

    private func start(
        _ configuration: RelayConfiguration, _ gateway: GatewayConfiguration, _ children: ChildBudget
    ) throws -> RelayServer {
        do {
            return try RelayServer.start(configuration: configuration, logger: session.logger) {
                RampGroup([
                    LiveIngest($0, children: children, session: session),
                    Gateway($0, configuration: gateway, children: children, logger: session.logger),
                    CertificateMetrics(certificates: certificates),
                ])
            }
        } catch {
            throw ToolFailure("\(error)")
        }
    }

    private func serveMetrics(at address: ListenAddress, of relay: RelayServer) async throws {
        do {
            let port = try await relay.serveMetrics(
                host: address.host ?? "0.0.0.0", port: address.port, isProtected: options.protectMetrics)
            session.logger.info("metrics at http://\(address.urlHost):\(port)/metrics")
        } catch {
            throw ToolFailure("\(error)")
        }
    }

    /// What anybody can do who reaches the relay.
    private func warn(of port: Int) {
        session.logger.warning(
            """
            anybody who reaches port \(port) may publish over, read and delete every channel: say who may with 'access:' in the file of \
            --config, or let only this machine reach it: listen on localhost:\(port)
            """)
    }

    private func makeService(for relay: RelayServer, _ children: ChildBudget, _ access: FileAccess) -> RestreamService {
        // The channels do not end with the relay: whoever reads comes again.
        RestreamService(
            file: access.file.path, destination: LocalDestination(relay: relay), children: children, closesAtEnd: false,
            session: session, read: { try access.reread(RunningLimits(relay: relay)) })
    }
}
