#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Gets a thread out of its wait for a descriptor.
final class Wakeup: Sendable {
    private let readEnd: OwnedDescriptor
    private let writeEnd: OwnedDescriptor

    init() throws(SystemError) {
        (readEnd, writeEnd) = try OwnedDescriptor.pipe()
    }

    /// Every wait, now and later, returns at once.
    func wake() { writeEnd.close() }

    /// Waits until `descriptor` is ready for `events`, or in an error that the next call on it tells.
    ///
    /// - Returns: false when it was woken instead.
    func wait(for descriptor: Int32, _ events: Int32) -> Bool {
        var entries = [
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
            pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&entries, nfds_t(entries.count), -1) < 0 && errno == EINTR {}
        return entries[1].revents == 0
    }
}
