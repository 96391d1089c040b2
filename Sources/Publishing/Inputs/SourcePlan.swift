import ChildProcesses
import MediaChildren
import TrickleCore

/// One place where a channel's transport stream can come from.
public struct SourcePlan: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        case http(url: String, fields: [HTTPField], isInsecure: Bool)
        case tcp(NetworkAddress)
        case udp(DatagramAddress)
        case unixSocket(path: String)
        /// A named pipe.
        case pipe(path: String)
        case file(path: String, isRepeated: Bool, isPaced: Bool)
        /// A file, a named pipe or a Unix socket: what it is then, whenever it is opened.
        case path(String)
        /// A program that writes to its standard output, and the folder that it starts in.
        case command([String], folder: String)
        case standardInput
        /// An ffmpeg, what it reads, and how long that may be silent.
        case ffmpeg(ChildCommand, reading: MediaInput, timeout: Duration)
    }

    /// A field that is sent with a request.
    public struct HTTPField: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public let kind: Kind

    public init(_ kind: Kind) { self.kind = kind }

    /// As it may stand in a message, without credentials.
    public var description: String {
        switch kind {
        case .http(let url, _, _): Credentials.hidden(in: url)
        case .tcp(let address): "tcp://\(address)"
        case .udp(let address): "udp://\(address)"
        case .unixSocket(let path), .pipe(let path), .file(let path, _, _), .path(let path): path
        case .standardInput: StandardInput.name
        case .ffmpeg(_, let input, _): input.description
        case .command(let words, _): "'\(Credentials.hidden(in: ShellWords.join(words)))'"
        }
    }
}

/// Where datagrams come in.
public struct DatagramAddress: Equatable, Sendable, CustomStringConvertible {
    /// A multicast group, which is joined; an own address; or none for all of them.
    public var local: NetworkAddress
    /// Whose datagrams are wanted, of a group that has one sender (RFC 4607); nil for everybody's.
    public var sender: String?
    /// The name of the interface that a group is joined on; nil for the one that the system chooses.
    public var interface: String?

    public init(local: NetworkAddress, sender: String? = nil, interface: String? = nil) {
        self.local = local
        self.sender = sender
        self.interface = interface
    }

    public var description: String { (sender.map { "\($0)@" } ?? "") + local.description }
}
