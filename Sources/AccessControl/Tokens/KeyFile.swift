import ChildProcesses

/// Reads files with keys.
enum KeyFile {
    /// - Throws: why there is nothing to read.
    static func bytes(of path: String) throws(TokenKeyMistake) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try OwnedDescriptor.contents(ofFile: path, upTo: TokenKeySet.maximumByteCount + 1) } catch {
            throw TokenKeyMistake("cannot read the key file '\(path)': is the name right, and may this user read it?")
        }
        guard bytes.count <= TokenKeySet.maximumByteCount else {
            throw TokenKeyMistake("\(path) is larger than 1 MiB: is it a key?")
        }
        return bytes
    }
}
