/// The page's parts as one document: browsers fetch it in one answer, and nothing else.
enum PageDocument {
    /// In the order in which they run.
    private static let scripts = [
        PackageResources.words_js, PackageResources.commands_js, PackageResources.clock_js, PackageResources.relay_js,
        PackageResources.state_js, PackageResources.cards_js, PackageResources.graph_js, PackageResources.reading_js,
        PackageResources.boxes_js, PackageResources.feed_js, PackageResources.player_js, PackageResources.saving_js,
        PackageResources.rate_js, PackageResources.socket_js, PackageResources.screen_js, PackageResources.pictures_js,
        PackageResources.channel_js, PackageResources.main_js,
    ]

    /// With `nonce` and `base` left to fill in.
    static let template = PageTemplate(PackageResources.page_html).including([
        "style": PackageResources.page_css, "script": scripts.flatMap { $0 },
    ])
}
