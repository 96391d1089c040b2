import FragmentedMP4
import Testing
import TrickleTesting

@Suite struct FragmentReaderTests {
    typealias Movie = MovieBuilder

    private static func events(of bytes: [UInt8], cuts: [Int] = []) throws -> [FragmentEvent] {
        var reader = FragmentReader()
        var events: [FragmentEvent] = []
        var start = 0
        for end in cuts + [bytes.count] {
            try reader.receive(bytes[start..<end]) { events.append($0) }
            start = end
        }
        return events
    }

    private static func fragments(_ events: [FragmentEvent]) -> [Fragment] {
        events.compactMap { if case .fragment(let fragment) = $0 { fragment } else { nil } }
    }

    private static let stream =
        Movie.movie + Movie.fragment(Movie.part(1, time: 0, .first(Movie.keyframe)), Movie.part(2, time: 7, .none))
        + Movie.fragment(Movie.part(1, time: 3600, .each(Movie.otherFrame)), data: [9])
        + Movie.box("styp", [0, 0, 0, 1]) + Movie.fragment(Movie.part(2, time: 1031, .none), data: [])
        + Movie.fragment(Movie.part(1, time: 7200, .header(Movie.keyframe))) + Movie.box("mfra", [1, 2, 3])

    @Test func `every byte but what follows the last fragment is in an event, in order`() throws {
        let bytes = try Self.events(of: Self.stream).flatMap { event in
            switch event {
            case .initialization(let initialization): initialization.bytes
            case .fragment(let fragment): fragment.bytes
            }
        }
        #expect(bytes == Array(Self.stream.dropLast(11)))
    }

    @Test func `however the bytes are cut, the events are the same`() throws {
        let whole = try Self.events(of: Self.stream)
        #expect(whole.count == 5)
        #expect(try Self.events(of: Self.stream, cuts: Array(1..<Self.stream.count)) == whole)
        for seed in 0..<50 as Range<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            let cuts = (0..<9).map { _ in Int.random(in: 0...Self.stream.count, using: &numbers) }.sorted()
            #expect(try Self.events(of: Self.stream, cuts: cuts) == whole, "cut at \(cuts)")
        }
    }

    @Test func `a fragment begins with a keyframe wherever that is said`() throws {
        let fragments = Self.fragments(try Self.events(of: Self.stream))
        #expect(fragments.map { $0.isRandomAccessPoint(hasVideo: true) } == [true, false, false, true])
        #expect(fragments.map { $0.isRandomAccessPoint(hasVideo: false) } == [true, true, true, true])
        #expect(fragments[0].parts.map(\.kind) == [.video, .audio])
        #expect(fragments[0].parts.map(\.decodeTime) == [0, 7])
        #expect(fragments[3].parts.map(\.decodeTime) == [7200])
    }

    @Test func `a run without samples says nothing, and the movie's default stands`() throws {
        let bytes =
            Movie.movie + Movie.fragment(Movie.part(1, time: 0, .first(Movie.keyframe), count: 0))
            + Movie.fragment(Movie.part(1, time: 0, .none))
        let fragments = Self.fragments(try Self.events(of: bytes))
        #expect(fragments.map(\.parts.count) == [0, 1])
        #expect(!fragments[1].isRandomAccessPoint(hasVideo: true))
    }

    @Test func `a box with a long size is a box`() throws {
        let data: [UInt8] = [1, 2, 3]
        let fragment = Movie.fragment(Movie.part(1, time: 0, .first(Movie.keyframe)), data: data)
        let long = Movie.number(1, 4) + Array("mdat".utf8) + Movie.number(19, 8) + data
        let fragments = Self.fragments(try Self.events(of: Movie.movie + fragment.dropLast(11) + long))
        #expect(fragments.map(\.bytes.count) == [fragment.count + 8])
    }

    @Test func `codecs are told as media types have them`() throws {
        let hevc = Movie.box(
            "hvc1", Movie.zeros(78),
            Movie.box("hvcC", [1, 0x01, 0x60, 0, 0, 0, 0xB0, 0, 0, 0, 0, 0, 0x5D, 0xF0]))
        let entries: [(String, [UInt8], String)] = [
            ("vide", Movie.avc, "avc1.64001F"), ("vide", hevc, "hvc1.1.6.L93.B0"), ("soun", Movie.aac, "mp4a.40.2"),
            ("soun", Movie.box("ac-3", Movie.zeros(28), Movie.box("dac3", [0, 0, 0])), "ac-3"),
            ("soun", Movie.box("Opus", Movie.zeros(28)), "opus"),
            ("soun", Movie.box("mp4a", Movie.zeros(28), Movie.full("esds", [3, 9, 0, 0, 0, 4, 4, 0x6B])), "mp4a.6B"),
        ]
        for (handler, entry, codec) in entries {
            let bytes = Movie.initialization([Movie.track(1, handler, timescale: 1000, entry)])
            guard case .initialization(let movie)? = try Self.events(of: bytes).first else {
                Issue.record("there is no initialization")
                continue
            }
            #expect(movie.codecs == codec)
            #expect(movie.tracks.map(\.timescale) == [1000])
            #expect(movie.hasVideo == (handler == "vide"))
        }
    }

    private static let refused: [[UInt8]] = [
        Movie.box("mdat", [1]), Movie.fragment(Movie.part(1, time: 0, .none)), Movie.box("moov"),
        Movie.movie + Movie.box("mdat", [1]), Movie.movie + Movie.movie,
        Movie.movie + Movie.fragment(Movie.part(3, time: 0, .none)),
        Movie.movie + Movie.box("moof", Movie.box("traf", Movie.full("tfhd", Movie.number(1, 4)), [0, 0, 0, 99])),
        Movie.movie + Movie.box("moof", Movie.box("traf", Movie.full("trun", Movie.zeros(8)))),
        Movie.number(0, 4) + Array("ftyp".utf8), Movie.number(7, 4) + Array("ftyp".utf8),
        Movie.number(40 << 20, 4) + Array("ftyp".utf8), Movie.movie + Movie.number(40 << 20, 4) + Array("moof".utf8),
    ]

    @Test(arguments: refused.indices) func `what is no fragmented MP4 is an error`(_ index: Int) {
        #expect(throws: FragmentedMP4Error.self) { try Self.events(of: Self.refused[index]) }
    }

    @Test func `damaged bytes are an error or events, and never a crash`() {
        for seed in 0..<2000 as Range<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            var bytes = Self.stream
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            let events = try? Self.events(of: bytes)
            #expect((events?.count ?? 0) <= 6)
        }
    }

    @Test func `the time of a fragment stands in a box of its own`() {
        let time = ProducerReferenceTime(trackID: 7, time: .milliseconds(1_500), mediaTime: 0x1_0000_0002)
        let expected =
            Movie.number(32, 4) + Array("prft".utf8) + [1, 0, 0, 0x18, 0, 0, 0, 7]
            + Movie.number(2_208_988_801, 4) + [0x80, 0, 0, 0] + Movie.number(0x1_0000_0002, 8)
        #expect(time.bytes == expected)
    }
}
