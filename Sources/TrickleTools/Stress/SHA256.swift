/// SHA-256 (FIPS 180-4), for comparing what was sent with what came.
///
/// Sixty lines here rather than a cryptographic library in C in everybody's build: nothing secret depends on it.
struct SHA256 {
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var schedule = [UInt32](repeating: 0, count: 64)
    /// Less than a block.
    private var rest: [UInt8] = []
    private var byteCount: UInt64 = 0

    mutating func add(_ bytes: some Collection<UInt8>) {
        byteCount += UInt64(bytes.count)
        rest += bytes
        let wholeBytes = rest.count & ~63
        if wholeBytes == 0 { return }
        // Out of the way, so that the blocks can be read while the state changes.
        let blocks = rest
        for start in stride(from: 0, to: wholeBytes, by: 64) { take(blocks[start..<start + 64]) }
        rest.removeFirst(wholeBytes)
    }

    /// The digest of all that was added, in hexadecimal.
    func finished() -> String {
        var last = self
        let bitCount = byteCount &* 8
        var padding: [UInt8] = [0x80]
        padding += [UInt8](repeating: 0, count: (119 - rest.count % 64) % 64)
        padding += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
        last.add(padding)
        return last.state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private mutating func take(_ block: ArraySlice<UInt8>) {
        var index = block.startIndex
        for word in 0..<16 {
            schedule[word] =
                UInt32(block[index]) << 24 | UInt32(block[index + 1]) << 16 | UInt32(block[index + 2]) << 8
                | UInt32(block[index + 3])
            index += 4
        }
        for word in 16..<64 {
            let (early, late) = (schedule[word - 15], schedule[word - 2])
            let first = early.rotated(7) ^ early.rotated(18) ^ early >> 3
            let second = late.rotated(17) ^ late.rotated(19) ^ late >> 10
            schedule[word] = schedule[word - 16] &+ first &+ schedule[word - 7] &+ second
        }
        var (a, b, c, d, e, f, g, h) = (
            state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
        )
        for round in 0..<64 {
            let choice = e & f ^ ~e & g
            let majority = a & b ^ a & c ^ b & c
            let first =
                h &+ (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)) &+ choice &+ Self.constants[round]
                &+ schedule[round]
            let second = (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)) &+ majority
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = primes.map { prime in
        // The 33rd to 64th bit behind the point of a cube root, by bisection in integers: root³ ≤ prime · 2⁹⁶.
        var (low, high) = (UInt64(0), UInt64(8) << 32)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if isCubeAtMost(middle, prime) { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    private static func isCubeAtMost(_ root: UInt64, _ prime: UInt64) -> Bool {
        let square = root.multipliedFullWidth(by: root)
        let wide = UInt128(square.high) << 64 | UInt128(square.low)
        // 36 + 72 bits at most.
        let (product, overflow) = wide.multipliedReportingOverflow(by: UInt128(root))
        return !overflow && product <= UInt128(prime) << 96
    }

    private static let primes: [UInt64] = (2...311).filter { number in
        !(2..<number).contains { $0 * $0 <= number && number % $0 == 0 }
    }.map { UInt64($0) }
}

extension UInt32 {
    fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
