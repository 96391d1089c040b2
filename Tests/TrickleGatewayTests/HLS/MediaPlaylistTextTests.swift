import Testing
import TrickleTesting

/// The rules that playlists are held to find what breaks them.
@Suite struct MediaPlaylistTextTests {
    private static let right = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-TARGETDURATION:1
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.50000,CAN-SKIP-UNTIL=6.00000
        #EXT-X-PART-INF:PART-TARGET=0.50000
        #EXT-X-MEDIA-SEQUENCE:7
        #EXT-X-DISCONTINUITY-SEQUENCE:2
        #EXTINF:1.00000,
        7.ts
        #EXT-X-DISCONTINUITY
        #EXT-X-PROGRAM-DATE-TIME:2026-11-21T17:00:00.000Z
        #EXT-X-PART:DURATION=0.50000,URI="8.ts",BYTERANGE="1880@0",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.50000,URI="8.ts",BYTERANGE="1880@1880"
        #EXTINF:1.00000,
        8.ts
        #EXTINF:1.20000,
        9.ts
        #EXTINF:1.00000,
        10.ts
        #EXT-X-PART:DURATION=0.48000,URI="11.ts",BYTERANGE="1880@0",INDEPENDENT=YES
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="11.ts",BYTERANGE-START=1880

        """.replacing("9.ts\n", with: "9.ts\n").replacing(
            "#EXTINF:1.20000,",
            with: #"#EXT-X-PART:DURATION=0.50000,URI="9.ts",BYTERANGE="188@0",INDEPENDENT=YES"# + "\n"
                + #"#EXT-X-PART:DURATION=0.50000,URI="9.ts",BYTERANGE="188@188""# + "\n"
                + #"#EXT-X-PART:DURATION=0.20000,URI="9.ts",BYTERANGE="188@376""# + "\n#EXTINF:1.20000,"
        ).replacing(
            "#EXTINF:1.00000,\n10.ts",
            with: #"#EXT-X-PART:DURATION=0.50000,URI="10.ts",BYTERANGE="188@0",INDEPENDENT=YES"# + "\n"
                + #"#EXT-X-PART:DURATION=0.50000,URI="10.ts",BYTERANGE="188@188""# + "\n#EXTINF:1.00000,\n10.ts")

    @Test func aPlaylistThatKeepsTheRulesHasNoProblems() {
        let playlist = MediaPlaylistText(Self.right)
        #expect(playlist.problems == [])
        #expect(playlist.segments.map(\.number) == [7, 8, 9, 10])
        #expect(playlist.segments.map(\.parts.count) == [0, 2, 3, 2])
        #expect(playlist.openParts.count == 1)
        #expect(playlist.hint == .init(uri: "11.ts", offset: 1880))
        #expect(playlist.problems(after: playlist) == [])
    }

    @Test(
        "One change of a right playlist is a problem",
        arguments: [
            ("#EXTM3U\n", ""), ("TARGETDURATION:1", "TARGETDURATION:0"), ("VERSION:6", "VERSION:2"),
            ("#EXTINF:1.20000,", "#EXTINF:1.60000,"), ("#EXTINF:1.20000,\n", ""),
            ("#EXTINF:1.20000,", "#EXTINF:1.20000"),
            ("PART-HOLD-BACK=1.50000", "PART-HOLD-BACK=0.90000"), ("CAN-SKIP-UNTIL=6.0", "CAN-SKIP-UNTIL=5.0"),
            ("PART-HOLD-BACK=1.50000,", ""), ("PART-TARGET=0.50000", "PART-TARGET=0.40000"),
            ("#EXT-X-PART-INF:PART-TARGET=0.50000\n", ""), ("1880@1880\"", "1880@1692\""),
            ("BYTERANGE-START=1880", "BYTERANGE-START=0"),
            ("DURATION=0.48000", "DURATION=0.40000"), ("00.000Z", "00Z"), ("TYPE=PART", "TYPE=MAP"),
            (#"@0",INDEPENDENT=YES"#, #"@0""#), ("BYTERANGE-START=1880", "BYTERANGE-START=1880\n#EXT-X-ENDLIST"),
            ("#EXT-X-MEDIA-SEQUENCE:7\n", "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MEDIA-SEQUENCE:7\n"),
            ("#EXT-X-MEDIA-SEQUENCE:7\n", "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n"),
            ("#EXT-X-MEDIA-SEQUENCE:7\n", "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-NONSENSE\n"),
        ])
    func brokenPlaylist(text: String, replacement: String) {
        let broken = Self.right.replacing(text, with: replacement)
        #expect(broken != Self.right)
        #expect(!MediaPlaylistText(broken).problems.isEmpty, "\(broken)")
    }

    @Test(
        "A playlist that takes back what the one before has told is a problem",
        arguments: [
            ("TARGETDURATION:1", "TARGETDURATION:2"), ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:6"), ("7.ts", "7b.ts"),
            ("#EXTINF:1.20000,", "#EXTINF:1.10000,"), ("#EXT-X-DISCONTINUITY\n", ""), ("17:00:00", "17:00:01"),
            ("DISCONTINUITY-SEQUENCE:2", "DISCONTINUITY-SEQUENCE:3"), ("#EXTINF:1.00000,\n10.ts\n", ""),
            ("1880@0\",INDEPENDENT=YES\n#EXT-X-PRELOAD", "1692@0\",INDEPENDENT=YES\n#EXT-X-PRELOAD"),
            ("#EXTINF:1.00000,\n7.ts\n", "#EXT-X-GAP\n#EXTINF:1.00000,\n7.ts\n"),
        ])
    func changedPlaylist(text: String, replacement: String) {
        let changed = Self.right.replacing(text, with: replacement)
        #expect(changed != Self.right)
        #expect(!MediaPlaylistText(changed).problems(after: MediaPlaylistText(Self.right)).isEmpty)
    }
}
