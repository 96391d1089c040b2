import Foundation

/// The beginnings of status lines in a stream of bytes, without understanding the rest.
enum StatusLines {
    private static let start = Array("HTTP/1.1 ".utf8)
    /// `HTTP/1.1 200`
    static let byteCount = start.count + 3

    static func forEach(in bytes: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        var place = 0
        while place + byteCount <= bytes.count,
            let found = memchr(bytes.baseAddress! + place, Int32(start[0]), bytes.count - place)
        {
            place = UnsafeRawPointer(found) - bytes.baseAddress!
            guard place + byteCount <= bytes.count else { return }
            if memcmp(found, start, start.count) == 0 {
                let digits = bytes[(place + start.count)..<(place + byteCount)]
                body(digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) })
                place += byteCount
            } else {
                place += 1
            }
        }
    }
}
