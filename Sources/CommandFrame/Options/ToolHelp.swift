/// Texts that the help of all tools shares.
public enum ToolHelp {
    public static let environment = """
        Every long option can also come from the environment: --url as TRICKLE_URL, --log-format as TRICKLE_LOG_FORMAT.
        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such channel, 4 media lost (with --strict), 5 not let in (401, 403), 128 + n ended by signal n.
        """
}
