/// The exit codes of all tools, as the README lists them. A signal that ends a tool adds 128 to its number.
public enum ToolExit: Int32, Sendable {
    case success = 0
    /// Something failed at run time.
    case failure = 1
    /// The command line makes no sense.
    case usage = 2
    /// The relay has no such channel.
    case channelNotFound = 3
    /// Media is missing, and `--strict` forbids that.
    case dataLost = 4
    /// The relay wants other credentials: 401 or 403.
    case accessDenied = 5
}
