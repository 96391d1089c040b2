extension TokenClaims {
    /// Counts for so long from now on, to the second.
    public mutating func setExpiry(after time: Duration) {
        expiry = (AccessClock().secondsSince1970() + time / .seconds(1)).rounded(.up)
    }
}
