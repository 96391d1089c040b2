import MediaChildren
import TrickleRelay

extension [ChildCount] {
    /// All children of the relay, by what they are for.
    var metrics: [MetricFamily] {
        [
            family("children_running", .gauge, "Children that run, by what they are for.") { $0.running },
            family("children_waiting", .gauge, "Those who wait for a place for a child.") { $0.waiting },
            family("children_maximum", .gauge, "Children that may run at once.") { $0.maximum },
            family("children_refused_total", .counter, "Children for which there was no place.") { $0.refused },
        ]
    }

    private func family(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String, _ value: (ChildCount) -> Int
    ) -> MetricFamily {
        MetricFamily(
            name: name, kind: kind, help: help, label: "purpose",
            samples: map { ($0.purpose.rawValue, value($0)) })
    }
}
