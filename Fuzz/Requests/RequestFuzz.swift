import TrickleTesting

/// What libFuzzer calls for each input, which is the bytes of a connection.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    // The same input is cut in the same way each time.
    var cuts = SeededNumbers(seed: bytes.reduce(UInt64(count)) { $0 &* 31 &+ UInt64($1) })
    do {
        if let difference = try RequestComparison.difference(on: bytes, cutBy: &cuts) { fatalError(difference) }
    } catch {
        fatalError("\(error)")
    }
    return 0
}
