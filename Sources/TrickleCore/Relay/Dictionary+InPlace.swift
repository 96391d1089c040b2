extension Dictionary {
    /// Changes the value of `key` where it lies. Through `self[key]?` a value is moved out, copied and moved back, which costs more than
    /// most changes do when it is large.
    ///
    /// - Returns: what `body` returns; nil where there is no such key.
    @discardableResult
    mutating func change<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let place = index(forKey: key) else { return nil }
        return body(&values[place])
    }
}
