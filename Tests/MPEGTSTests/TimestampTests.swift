import MPEGTS
import Testing

@Suite("Time stamps")
struct TimestampTests {
    @Test("The distance over the wrap at 2^33 is the short one")
    func distanceOverTheWrap() {
        let late = Timestamp(ticks: (1 << 33) - 90_000)
        let early = Timestamp(ticks: 90_000)
        #expect(late.distance(to: early) == 180_000)
        #expect(early.distance(to: late) == -180_000)
        #expect(late.advanced(by: 180_000) == early)
    }

    @Test("A time stamp is taken modulo 2^33")
    func modulus() {
        #expect(Timestamp(ticks: (1 << 33) + 5) == Timestamp(ticks: 5))
        #expect(Timestamp(ticks: -1).ticks == (1 << 33) - 1)
    }

    @Test("90,000 ticks are a second, and 3,003 ticks no less than 33.366 ms")
    func durations() {
        #expect(Duration(MediaTicks(90_000)) == .seconds(1))
        #expect(Duration(MediaTicks(3_003)) >= .microseconds(33_366))
        #expect(Duration(MediaTicks(3_003)) < .microseconds(33_367))
    }
}
