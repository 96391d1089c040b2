import MPEGTS
import MediaIndex
import NIOCore
import TrickleCore
import TrickleRelay

/// `GET /_api/channels`: how the channels do, as JSON (docs/api.md).
struct ChannelRamp: Ramp {
    private let report: ChannelAPIReport
    /// What is told of all channels: many ask for the same.
    private let all: RecentValue<ByteBuffer>

    init(indexes: Indexes, log: ChannelActivityLog, configuration: GatewayConfiguration) {
        let report = ChannelAPIReport(indexes: indexes, log: log, configuration: configuration)
        self.report = report
        all = RecentValue(atMostEvery: ChannelActivityLog.maximumAge) { await report.text { _ in true } }
    }

    var routes: [RampRoute] { [RampRoute("/_api/channels", action: .list, answer: answer)] }

    private func answer(_ request: RampRequest) async -> RampResponse {
        let body: ByteBuffer
        if let name = request.query["name"] {
            body = await report.text(hasHistory: true) { $0.text == name && request.grant.lists($0) }
        } else if request.grant.listed != nil {
            body = await report.text(of: request.grant.lists)
        } else {
            body = await all.value()
        }
        let fields = [
            (name: "Content-Type", value: "application/json"), (name: "Cache-Control", value: "no-store"),
        ]
        return RampResponse(fields: fields, .bytes(body))
    }
}
