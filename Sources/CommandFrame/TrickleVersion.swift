/// The version of the suite, as `--version` prints it.
public enum TrickleVersion {
    public static let current = "0.1.0"
}
