import ArgumentParser
import CommandFrame

/// Where connections without TLS are taken, if anywhere.
enum PlainAddress: ExpressibleByArgument {
    case nowhere
    case at(ListenAddress)

    init?(argument: String) {
        if argument == "none" {
            self = .nowhere
        } else if let address = ListenAddress(argument: argument) {
            self = .at(address)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .nowhere: "none"
        case .at(let address): address.defaultValueDescription
        }
    }
}
