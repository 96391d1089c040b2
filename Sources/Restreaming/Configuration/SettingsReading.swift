import CommandFrame
import ConfigurationReading
import MPEGTS
import YAML

// The settings of a channel, which `defaults` has as well.
extension ConfigurationReader {
    static let settingNames = ["stall", "retry", "return", "program", "min-segment", "max-segment", "target"]

    mutating func read(settings fields: [String: YAMLNode], into settings: inout ChannelSettings) {
        for (name, node) in fields {
            switch name {
            case "stall": duration(node, name).map { settings.stall = $0 }
            case "retry": duration(node, name).map { settings.retry = $0 }
            case "return": duration(node, name).map { settings.returnInterval = $0 }
            case "min-segment": duration(node, name, mayBeZero: true).map { settings.segmentation.minimumDuration = $0 }
            case "max-segment":
                // 0 waits for ever, as the option of the same name does.
                duration(node, name, mayBeZero: true).map {
                    settings.segmentation.maximumDuration = $0 > .zero ? $0 : nil
                }
            case "target": duration(node, name).map { settings.segmentation.targetDuration = $0 }
            case "program": program(node).map { settings.segmentation.program = $0 }
            default: break
            }
        }
        if let maximum = settings.segmentation.maximumDuration, maximum < settings.segmentation.minimumDuration,
            let node = fields["min-segment"] ?? fields["max-segment"]
        {
            report("'min-segment' is longer than 'max-segment'", at: node)
        }
    }

    private mutating func duration(_ node: YAMLNode, _ name: String, mayBeZero: Bool = false) -> Duration? {
        if let text = node.scalar?.text, let time = DurationArgument(argument: text)?.duration,
            time > .zero || mayBeZero
        {
            return time
        }
        report("'\(name)' has to be a time\(mayBeZero ? "" : " longer than 0"), such as 500ms, 10s or 1.5m", at: node)
        return nil
    }

    private mutating func program(_ node: YAMLNode) -> ProgramChoice? {
        if let text = node.scalar?.text {
            if text == "all" { return .all }
            if let number = UInt16(text), number > 0 { return .number(number) }
        }
        report("'program' has to be the number of a program, 1 to 65535, or 'all'", at: node)
        return nil
    }
}
