import Testing

@testable import TrickleGateway

/// Playlists whose URIs take a token on.
struct PlaylistTextTests {
    private func adding(_ playlist: String) -> String {
        String(decoding: PlaylistText.adding("token=t", to: Array(playlist.utf8)), as: UTF8.self)
    }

    @Test func eachURIGetsIt() {
        let playlist = """
            #EXTM3U
            #EXT-X-MAP:URI="init.mp4",BYTERANGE="1@2"

            #EXTINF:2.000,
            1.ts
            #EXT-X-PART:DURATION=0.5,URI="2.ts?v=a&from=3",INDEPENDENT=YES
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.ts"
            2.ts?v=a

            """
        #expect(
            adding(playlist) == """
                #EXTM3U
                #EXT-X-MAP:URI="init.mp4?token=t",BYTERANGE="1@2"

                #EXTINF:2.000,
                1.ts?token=t
                #EXT-X-PART:DURATION=0.5,URI="2.ts?v=a&from=3&token=t",INDEPENDENT=YES
                #EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.ts?token=t"
                2.ts?v=a&token=t

                """)
    }

    @Test(arguments: ["", "\n", "#EXTM3U\n", "#EXT-X-X:URI=\"open\n", "\n\n#EXTM3U"])
    func whatNamesNothingStays(_ text: String) { #expect(adding(text) == text) }
}
