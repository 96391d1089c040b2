import ArgumentParser
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ParsableCommand {
    /// Tells what a command line asks for that no tool is run by, and ends the process.
    ///
    /// - Parameter arguments: `--help` and the like, or a mistake.
    package static func answer(_ arguments: [String]) -> Never {
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            leave(quit(parsing: error, of: arguments, console: Console()))
        }
        leave(ToolExit.success.rawValue)
    }

    /// Tells what is wrong with a command line, and ends the process.
    package static func refuse(_ mistake: String) -> Never {
        leave(quit(parsing: ValidationError(mistake), of: [], console: Console()))
    }

    /// What is wrong with arguments, in one line; nil where they can be parsed.
    package static func mistake(in arguments: [String]) -> String? {
        do {
            _ = try parse(arguments)
            return nil
        } catch {
            let options = (try? CommandDescription(of: Self.self).arguments) ?? []
            return UsageMistake(message(for: error), arguments: arguments, options: options).description
        }
    }

    /// Help and the version go to standard output; anything else is one line on standard error.
    static func quit(parsing error: any Error, of arguments: [String], console: Console) -> Int32 {
        if exitCode(for: error).isSuccess {
            print(fullMessage(for: error))
            return ToolExit.success.rawValue
        }
        let options = (try? CommandDescription(of: Self.self).arguments) ?? []
        let mistake = UsageMistake(message(for: error), arguments: arguments, options: options)
        console.write(line: "\(_commandName): error: \(mistake) (see \(_commandName) --help)")
        return ToolExit.usage.rawValue
    }
}

// The static method of the same name hides the C function.
private func leave(_ code: Int32) -> Never { exit(code) }
