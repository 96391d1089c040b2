import NIOCore

/// One client's connection, whatever version of HTTP it speaks. Lives and is called on its lane's event loop only.
protocol ClientConnection: AnyObject {
    /// Since when the connection has been silent; nil while something is under way on it.
    var silence: NIODeadline? { get }
    /// To be called about once a second.
    func checkDeadlines(now: NIODeadline)
    /// The relay goes down.
    func relayDrains()
    /// Ends it, whatever is under way.
    func closeAtOnce()
}
