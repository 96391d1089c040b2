#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What this program was built with to find mistakes, at the price of its speed.
public enum Sanitizer {
    /// Whether ThreadSanitizer watches: all but the clocks takes five to fifteen times as long.
    public static let isThreadSanitizer: Bool = {
        guard let program = dlopen(nil, RTLD_NOW) else { return false }
        defer { dlclose(program) }
        return dlsym(program, "__tsan_init") != nil
    }()

    /// By how much longer tests should let clocks run that they want to be in time for.
    public static let patienceFactor = isThreadSanitizer ? 3 : 1
}
