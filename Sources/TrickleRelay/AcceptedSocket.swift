#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptor of a connection that was accepted and is not set up yet: closed with it, unless somebody takes it over.
final class AcceptedSocket {
    private var descriptor: Int32?

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// The descriptor, which is the caller's from now on. To be called once.
    func take() -> Int32 {
        guard let descriptor = descriptor.take() else { preconditionFailure("the descriptor was taken over already") }
        return descriptor
    }
}
