import ChildProcesses
import Endings

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The command lines of players that take MPEG-TS on standard input, set for low latency.
public enum PlayerCommand {
    /// Chooses a player.
    ///
    /// - Parameters:
    ///   - choice: `ffplay`, `mpv`, another command with its arguments, or nil for what is installed.
    ///   - title: The title of the window, where the player can be told.
    ///   - isInstalled: Whether a program can be found.
    ///   - hasDisplay: Whether a window can be opened.
    /// - Throws: ``ToolFailure`` when there is no player or no display.
    public static func choose(
        _ choice: String?, title: String, isInstalled: (String) -> Bool = { ExecutableSearch.find($0) != nil },
        hasDisplay: Bool = hasDisplay
    ) throws(ToolFailure) -> ChildCommand {
        let command: ChildCommand
        if let choice {
            command = try named(choice, title: title)
        } else if isInstalled("ffplay") {
            command = ffplay(title: title)
        } else if isInstalled("mpv") {
            command = mpv(title: title)
        } else {
            throw ToolFailure(
                "no player is installed: install ffplay (it comes with ffmpeg) or mpv, or name one with --player 'vlc -'"
            )
        }
        guard isInstalled(command.program) else {
            throw ToolFailure(
                "the player '\(command.program)' is not installed, or is not in PATH: install it, or name another")
        }
        // A command with options of its own may well play without a window.
        if !hasDisplay && isKnown(choice) {
            throw ToolFailure(
                "there is no display for \(command.program) (DISPLAY and WAYLAND_DISPLAY are not set): "
                    + "run this on a desktop, or use read2pipe to write to a file or another program")
        }
        return command
    }

    /// Whether it is known how this choice plays: ffplay or mpv, with options from here.
    public static func isKnown(_ choice: String?) -> Bool { [nil, "ffplay", "mpv"].contains(choice) }

    /// Whether this process may open windows, as far as the environment tells.
    public static var hasDisplay: Bool {
        #if canImport(Darwin)
            true
        #else
            ["DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"].contains(where: isSet)
        #endif
    }

    private static func named(_ choice: String, title: String) throws(ToolFailure) -> ChildCommand {
        switch choice {
        case "ffplay": return ffplay(title: title)
        case "mpv": return mpv(title: title)
        default:
            guard let words = ShellWords.split(choice), let program = words.first else {
                throw ToolFailure("--player '\(choice)' is not a command: is a quote open?", exit: .usage)
            }
            let readsStandardInput = words.dropFirst().contains { ["-", "pipe:0", "pipe:", "/dev/stdin"].contains($0) }
            return ChildCommand(program, words.dropFirst() + (readsStandardInput ? [] : ["-"]))
        }
    }

    /// ffplay looks at a stream before it plays it: for 5 s by default, and also for the frame rate. Half a second of
    /// pictures finds sound that comes in PES packets of up to half a second.
    ///
    /// `nobuffer` is not among the options: it throws away the keyframe that was looked at, and nothing is seen before the
    /// next one. After a pause of the network, ffplay drops pictures that are late by its external clock, and shortens the
    /// sound by up to a tenth until it fits.
    private static func ffplay(title: String) -> ChildCommand {
        ChildCommand(
            "ffplay",
            [
                "-hide_banner", "-loglevel", "level+fatal", "-nostats", "-autoexit", "-flags", "low_delay",
                "-analyzeduration", "500000", "-fpsprobesize", "0", "-framedrop", "-sync", "ext", "-window_title",
                title, "-f", "mpegts", "-i", "pipe:0",
            ], environment: videoDriver)
    }

    /// Where the X server does not answer, SDL would go on without a window, and play for nobody.
    private static var videoDriver: [String: String?] {
        #if canImport(Darwin)
            [:]
        #else
            isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY") && !isSet("SDL_VIDEODRIVER")
                ? ["SDL_VIDEODRIVER": "x11"] : [:]
        #endif
    }

    private static func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }

    /// Without `--no-terminal`, mpv reads the terminal from a process group in the background, which stops it.
    private static func mpv(title: String) -> ChildCommand {
        ChildCommand("mpv", ["--no-terminal", "--profile=low-latency", "--cache=no", "--title=\(title)", "-"])
    }
}
