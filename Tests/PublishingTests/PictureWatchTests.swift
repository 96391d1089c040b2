import Testing

@testable import Publishing

/// When it is said that no picture comes.
@Suite struct PictureWatchTests {
    @Test func itIsSaidOnceAfterFiveSeconds() {
        var watch = PictureWatch()
        let news1 = watch.isNews(lacksPictures: true, segmentCount: 1, now: .seconds(60))
        #expect(!news1)
        let news2 = watch.isNews(lacksPictures: true, segmentCount: 1, now: .seconds(64))
        #expect(!news2)
        let news3 = watch.isNews(lacksPictures: true, segmentCount: 1, now: .seconds(65))
        #expect(news3)
        let news4 = watch.isNews(lacksPictures: true, segmentCount: 1, now: .seconds(66))
        #expect(!news4)
    }

    @Test func threeSegmentsAreEnough() {
        var watch = PictureWatch()
        let news5 = watch.isNews(lacksPictures: true, segmentCount: 3, now: .zero)
        #expect(!news5)
        let news6 = watch.isNews(lacksPictures: true, segmentCount: 4, now: .zero)
        #expect(news6)
    }

    @Test func picturesThatComeAreNoNews() {
        var watch = PictureWatch()
        let news7 = watch.isNews(lacksPictures: false, segmentCount: 4, now: .seconds(9))
        #expect(!news7)
    }
}
