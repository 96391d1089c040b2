#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A file with text, as it was when it was read.
struct FileText: Equatable {
    let path: String
    let text: String

    /// Bytes of the longest file that is read; a chain with its roots has less.
    private static let maximumByteCount = 1 << 20

    /// - Throws: ``TLSProblem`` when it cannot be read.
    init(_ path: String) throws(TLSProblem) {
        self.path = path
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw TLSProblem("cannot read '\(path)': \(Self.reason(error))")
        }
        guard data.count <= Self.maximumByteCount, let text = String(validating: data, as: UTF8.self) else {
            throw TLSProblem("'\(path)' is no PEM file")
        }
        self.text = text
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "this user may not read it"
        case _: "is it a file, and may this user read it?"
        }
    }
}
