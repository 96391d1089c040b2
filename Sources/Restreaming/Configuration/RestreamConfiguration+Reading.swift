import ChildProcesses
import ConfigurationReading
import Endings
import YAML

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the section `access` from its node, the file's name and the file's folder, and tells what is wrong with it.
public typealias AccessReading = (YAMLNode, _ file: String, _ folder: String) -> [ConfigurationMistake]

extension RestreamConfiguration {
    /// Larger files are refused: 1 MiB.
    public static let maximumByteCount = 1 << 20

    /// - Parameters:
    ///   - file: The name that mistakes begin with.
    ///   - folder: Where relative paths begin, with a slash at its end; empty for the working directory.
    ///   - optionMistake: What is wrong with an option in the section `relay`; nil where it is right.
    ///   - readAccess: Reads the section `access`; nil passes it over.
    /// - Throws: ``ConfigurationMistakes``, all there are.
    public init(
        yaml: String, file: String, folder: String = "",
        optionMistake: @escaping (ConfiguredOption) -> String? = { _ in nil }, readAccess: AccessReading? = nil
    ) throws(ConfigurationMistakes) {
        var reader = ConfigurationReader(
            file: file, folder: folder, optionMistake: optionMistake, readAccess: readAccess)
        self = reader.read(yaml)
        if !reader.mistakes.isEmpty { throw ConfigurationMistakes(reader.mistakes) }
    }

    /// Reads a file. Relative paths in it begin at its folder.
    ///
    /// - Throws: ``ConfigurationMistakes``; ``ToolFailure`` when the file cannot be read.
    public init(
        file: String, optionMistake: @escaping (ConfiguredOption) -> String? = { _ in nil },
        readAccess: AccessReading? = nil
    ) throws {
        let url = URL(fileURLWithPath: file)
        let bytes: [UInt8]
        do {
            bytes = try OwnedDescriptor.contents(ofFile: file, upTo: Self.maximumByteCount + 1)
        } catch {
            throw ToolFailure("cannot read '\(file)': is the name right, and may this user read it?")
        }
        guard bytes.count <= Self.maximumByteCount else {
            throw ToolFailure("'\(file)' is larger than \(Self.maximumByteCount) bytes: is it the configuration?")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ToolFailure("'\(file)' is not UTF-8: is it the configuration?")
        }
        let folder = url.resolvingSymlinksInPath().deletingLastPathComponent().path
        try self.init(
            yaml: text, file: file, folder: folder.hasSuffix("/") ? folder : folder + "/", optionMistake: optionMistake,
            readAccess: readAccess)
    }
}
