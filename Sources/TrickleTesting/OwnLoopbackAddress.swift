/// An address of the loopback that nobody else uses: a relay that ends there finds its port free when it comes back, whatever
/// other tests listen at and connect from meanwhile.
public enum OwnLoopbackAddress {
    /// - Returns: one of 127.64.0.0/10; 127.0.0.1 where the system has no other.
    public static func make() -> String {
        #if os(Linux)
            "127.\(Int.random(in: 64...127)).\(Int.random(in: 0...255)).\(Int.random(in: 1...254))"
        #else
            "127.0.0.1"
        #endif
    }
}
