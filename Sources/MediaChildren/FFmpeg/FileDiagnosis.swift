import Endings
import MPEGTS

/// Why a file cannot be published, in the words of those who have it, and what to do.
struct FileDiagnosis: CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - head: The file's first bytes.
    ///   - said: What ffmpeg says.
    init(head: [UInt8], said: String) {
        if head.isEmpty {
            description = "it is empty: has what writes it failed?"
        } else if said.contains("moov atom not found") {
            description =
                "it is MP4 whose index is missing: copy it again, for its download or recording was broken off"
        } else if let format = InputFormat(head: head) {
            description = "it looks like \(format.rawValue): \(Self.advice(format))"
        } else {
            description = "it looks like none of the formats that ffmpeg knows: is it the right file, and is it whole?"
        }
    }

    private static func advice(_ format: InputFormat) -> String {
        switch format {
        case .text, .html, .xml, .json, .httpAnswer, .pdf: "open it to see what it is, or name another"
        case .gzip, .zip: "unpack it first"
        case .playlist: "--allow-references has ffmpeg read what it names"
        default: "try to play it with ffplay; if that fails too, it is damaged"
        }
    }
}

extension ToolFailure {
    /// Whether ffmpeg says that it cannot make anything of an input.
    static func isUnknownFormat(_ said: String) -> Bool { said.contains("Invalid data found when processing input") }

    /// An input whose first bytes are not there to be looked at; nil where ffmpeg says something else of it.
    static func unknownFormat(of input: String, said: String) -> ToolFailure? {
        guard isUnknownFormat(said) else { return nil }
        return ToolFailure(
            "'\(input)' is not media that ffmpeg can read: it looks like none of the formats that ffmpeg knows: is it the right one?"
        )
    }
}
