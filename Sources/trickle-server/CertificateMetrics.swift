import TLSListening
import TrickleRelay

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Tells in the relay's metrics when its certificate expires.
struct CertificateMetrics: RelayRamps {
    let certificates: TLSCertificates?
    let routes: [RampRoute] = []

    var metrics: [MetricFamily] {
        guard let certificates else { return [] }
        return [
            MetricFamily(
                name: "tls_certificate_expires", kind: .gauge,
                help: "When the certificate expires, in seconds since 1970.", label: "file",
                samples: [(certificates.path, Int(certificates.expiry.timeIntervalSince1970))])
        ]
    }
}
