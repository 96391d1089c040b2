/// A program cannot be started because it is not there.
package struct MissingProgram: Error, CustomStringConvertible {
    /// As it was to be started: a path, or a name that was looked for in `PATH`.
    package let program: String

    package var description: String { "\(program) is not installed, or is not in PATH" }
}
