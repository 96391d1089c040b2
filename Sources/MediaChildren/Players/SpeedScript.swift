#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A script for mpv, in a file of its own: while more than half a second waits to be shown, mpv plays 1.1 times as fast.
///
/// No option of mpv's does that. Without it, mpv stays behind for as long as the network once stood still. ffplay has its external clock for that.
package struct SpeedScript {
    /// The first line removes the file: whatever ends `play` or mpv later, nothing stays behind.
    private static let text = """
        os.remove(debug.getinfo(1, "S").source:sub(2))
        mp.add_periodic_timer(0.25, function()
          local waiting = mp.get_property_number("demuxer-cache-duration") or 0
          local speed = mp.get_property_number("speed")
          if speed == 1 and waiting > 0.5 then
            mp.set_property_number("speed", 1.1)
          elseif math.abs(speed - 1.1) < 0.001 and waiting < 0.3 then
            mp.set_property_number("speed", 1)
          end
        end)

        """

    package let path: String

    /// Writes the file; nil where that cannot be done, and mpv has to do without it.
    package init?() {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var template = Array("\(folder.isEmpty ? "/tmp" : folder)/trickle-play-XXXXXX.lua".utf8CString)
        let descriptor = mkstemps(&template, 4)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        let bytes = Array(Self.text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            remove()
            return nil
        }
    }

    /// For a player that has not come to read it.
    package func remove() { unlink(path) }
}
