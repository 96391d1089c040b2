#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension MediaInput {
    /// What whoever pushes has to know; nil where nobody pushes.
    package var invitation: String? {
        guard case .listener(let scheme, let text) = self else { return nil }
        let address = Self.reachable(Credentials.hidden(in: text), host: ProcessInfo.processInfo.hostName)
        guard scheme == "rtmp", let key = streamKey, let slash = address.lastRange(of: "/\(key)") else {
            return "waits for a push to \(address)"
        }
        return "waits for a push: in OBS, the server is \(address[..<slash.lowerBound]), and the stream key is \(key)"
    }

    /// The part of an RTMP address behind the application: what OBS calls the stream key; nil where there is none.
    package var streamKey: String? {
        guard case .listener("rtmp", let text) = self, let start = text.firstRange(of: "://") else { return nil }
        let path = text[start.upperBound...].drop { $0 != "/" }.dropFirst().prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        // ffmpeg takes two parts for the application where there are more.
        let key = parts.dropFirst(parts.count > 2 ? 2 : 1).joined(separator: "/")
        return key.isEmpty ? nil : key
    }

    /// The address with this machine's name in the place of one that means all of its own.
    private static func reachable(_ address: String, host: String) -> String {
        for wildcard in ["0.0.0.0", "[::]", ""] {
            guard let range = address.firstRange(of: "://\(wildcard):") else { continue }
            return "\(address[..<range.lowerBound])://\(host):\(address[range.upperBound...])"
        }
        return address
    }
}

extension String {
    fileprivate func lastRange(of text: String) -> Range<Index>? { ranges(of: text).last }
}
