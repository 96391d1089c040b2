/// A block of a PEM file (RFC 7468), with its first and last line.
struct PEMBlock {
    /// What stands behind BEGIN: `PUBLIC KEY`.
    let label: String
    let text: String

    private static let begin = "-----BEGIN "
    private static let dashes = "-----"

    /// The blocks of a text that have an end. Lines between them are comments.
    static func blocks(of text: String) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (label: String, lines: [Substring])?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingSuffix { $0 == " " || $0 == "\t" }
            if line.hasPrefix(begin), line.hasSuffix(dashes), line.count > begin.count + dashes.count {
                open = (String(line.dropFirst(begin.count).dropLast(dashes.count)), [])
            }
            open?.lines.append(line)
            if let (label, lines) = open, line == "-----END \(label)-----" {
                blocks.append(PEMBlock(label: label, text: lines.joined(separator: "\n") + "\n"))
                open = nil
            }
        }
        return blocks
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
