import Testing
import TrickleCore

struct UTF8ValidationTests {
    private static let samples: [[UInt8]] = [
        Array("plain".utf8), Array("Grüße, κόσμε, 日本語, 🎥".utf8), [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF],
        [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0x80], [0xFE], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x8E], [],
    ]

    /// The standard library is the measure.
    @Test(arguments: samples) func `it says what the standard library says, however the bytes are cut`(bytes: [UInt8]) {
        let isWhole = String(validating: bytes, as: UTF8.self) != nil
        for cut in 0...bytes.count {
            var validation = UTF8Validation()
            let isFine = validation.take(bytes[..<cut]) && validation.take(bytes[cut...])
            #expect((isFine && validation.isAtBoundary) == isWhole)
        }
    }

    @Test func `it says so of random bytes, too`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let lead = [UInt8](arrayLiteral: 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF4, 0x41).randomElement(using: &random)!
            let bytes = [lead] + (0..<3).map { _ in UInt8.random(in: 0x70...0xCF, using: &random) }
            var validation = UTF8Validation()
            let isFine = bytes.allSatisfy { validation.take(CollectionOfOne($0)) }
            #expect((isFine && validation.isAtBoundary) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
