// swift-tools-version: 6.2
import PackageDescription

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOHTTP2", package: "swift-nio-http2"),
    .product(name: "NIOHPACK", package: "swift-nio-http2"),
]

/// The command-line tools, options and one call, by the module that they call.
let tools: KeyValuePairs = [
    "Publishing": ["publish-file", "publish-pipe", "publish-frames"],
    "Subscribing": ["read2pipe", "play", "subscriber-example"],
    // They listen for a media server's announcements.
    "LiveHooks": ["publish-live", "pubsub-out", "pubsub-pipe"],
    "TestBench": ["trickle-stress", "trickle-demo"],
]

/// All clients of a relay. They are one program, `trickle`, which knows by its name which of them it is.
let clients = tools.flatMap { $0.value } + ["restream"]

/// libFuzzer brings its own main function, so what it runs is built for it alone: see Fuzz/run.
let fuzzers: [Target] =
    Context.environment["TRICKLE_FUZZ"] == nil
    ? [] : [.executableTarget(name: "request-fuzz", dependencies: ["TrickleTesting"], path: "Fuzz/Requests")]

let package = Package(
    name: "trickle",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TrickleKit", targets: ["TrickleKit"]),
        .library(name: "TrickleRelay", targets: ["TrickleRelay"]),
        .library(name: "TrickleGateway", targets: ["TrickleGateway"]),
        .library(name: "MPEGTS", targets: ["MPEGTS"]),
    ] + (["trickle"] + clients).map { .executable(name: $0, targets: ["trickle"]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.0.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    ],
    targets: [
        // Pure: no Foundation, no NIO, no clock.
        .target(name: "MPEGTS"),
        .target(name: "PictureFormats"),
        .target(name: "TrickleCore"),
        .target(name: "FragmentedMP4"),

        // What both sides need of the system.
        .target(name: "Sockets"),
        .target(name: "Suspension"),

        // The client library.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .yum(["libcurl-devel"]), .brew(["curl"])]),
        .target(name: "CurlShims", dependencies: ["CCurl"]),
        .target(name: "TrickleKit", dependencies: ["TrickleCore", "Suspension", "CCurl", "CurlShims", logging]),

        // The relay.
        .target(name: "TrickleRelay", dependencies: ["TrickleCore", "Sockets", logging] + nio),
        // What is in its segments.
        .target(
            name: "MediaIndex",
            dependencies: [
                "FragmentedMP4", "TrickleRelay", "TrickleCore", "MPEGTS",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        // What players and browsers fetch from it.
        .target(
            name: "TrickleGateway",
            dependencies: [
                "MediaIndex", "TrickleRelay", "TrickleCore", "MPEGTS", "FragmentedMP4", "PictureFormats",
                "MediaChildren", "ChildProcesses", logging,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.embedInCode("Page/Web")]),
        // Swift does not see the C library's <malloc.h>.
        .target(name: "AllocatorShims"),

        // The tools. Children are started from C: between fork and exec there is no room for Swift.
        .target(name: "SpawnShims"),
        .target(name: "ChildProcesses", dependencies: ["SpawnShims"]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"]), .brew(["openssl@3"])]),
        // Pure, but for locks.
        .target(name: "Endings", dependencies: ["Suspension"]),
        .target(name: "Records", dependencies: ["Endings"]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .yum(["libyaml-devel"]), .brew(["libyaml"])]),
        .target(name: "YAML", dependencies: ["CYAML"]),
        .target(
            name: "MediaChildren",
            dependencies: ["Endings", "TrickleCore", "MPEGTS", "PictureFormats", "ChildProcesses", logging]),
        .target(
            name: "CommandFrame",
            dependencies: ["Endings", "TrickleCore", "TrickleKit", "ChildProcesses", argumentParser, logging]),
        .target(
            name: "Publishing",
            dependencies: [
                "Suspension", "CommandFrame", "MediaChildren", "Records", "Endings", "TrickleKit", "TrickleCore",
                "MPEGTS",
                "PictureFormats", "ChildProcesses", "Sockets", argumentParser, logging,
            ]),
        .target(
            name: "Subscribing",
            dependencies: [
                "CommandFrame", "MediaChildren", "Records", "Endings", "TrickleKit", "TrickleCore", "MPEGTS",
                "ChildProcesses", argumentParser, logging,
            ]),
        .target(
            name: "LiveHooks",
            dependencies: [
                "Publishing", "Subscribing", "CommandFrame", "MediaChildren", "Endings", "TrickleKit", "TrickleCore",
                "TrickleRelay", "MPEGTS", "ChildProcesses", argumentParser, logging,
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(
            name: "TestBench",
            dependencies: [
                "CommandFrame", "MediaChildren", "Endings", "TrickleKit", "TrickleCore", "ChildProcesses", "CCrypto",
                logging,
            ]),
        // What a configuration file says, and all mistakes in it.
        .target(name: "ConfigurationReading", dependencies: ["CommandFrame", "YAML"]),
        .target(
            name: "Restreaming",
            dependencies: [
                "ConfigurationReading", "Publishing", "CommandFrame", "MediaChildren", "Endings", "TrickleKit",
                "TrickleCore", "MPEGTS",
                "ChildProcesses", "YAML", logging,
            ]),
        // What publishes in the relay's own program.
        .target(
            name: "Ingest",
            dependencies: [
                "Publishing", "CommandFrame", "Endings", "MediaChildren", "ChildProcesses", "TrickleRelay",
                "TrickleKit",
                "TrickleCore",
                "MPEGTS", logging,
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        // Who may do what: the rules of the configuration file, and what they check.
        .systemLibrary(
            name: "CCrypt", pkgConfig: "libxcrypt",
            providers: [.apt(["libcrypt-dev"]), .yum(["libxcrypt-devel"]), .brew(["libxcrypt"])]),
        .target(
            name: "AccessControl",
            dependencies: [
                "ConfigurationReading", "CommandFrame", "Endings", "TrickleRelay", "TrickleKit", "TrickleCore",
                "ChildProcesses",
                "YAML", "CCrypt",
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Crypto", package: "swift-crypto"),
                logging,
            ]),
        // Certificates, and what encrypts connections with them.
        .target(
            name: "TLSListening",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
                logging,
            ]),
        .executableTarget(
            name: "trickle-server",
            dependencies: [
                "ChildProcesses", "TrickleRelay", "TrickleCore", "TrickleGateway", "AccessControl", "TLSListening",
                "Ingest",
                "Restreaming",
                "ConfigurationReading", "MediaChildren", "CommandFrame", "Endings", "AllocatorShims", argumentParser,
                logging,
            ]),
        .executableTarget(
            name: "trickle-token",
            dependencies: ["AccessControl", "CommandFrame", "TrickleCore", "TrickleRelay", "Endings", argumentParser]),
        .executableTarget(
            name: "trickle",
            dependencies: clients.map { .target(name: $0) } + ["CommandFrame", argumentParser]),
        .target(
            name: "restream", dependencies: ["Restreaming", "Publishing", "CommandFrame", argumentParser]),
        .executableTarget(
            name: "trickle-conformance", dependencies: ["Conformance", "CommandFrame", "Endings", argumentParser]),

        // Examples.
        .executableTarget(
            name: "embedded-relay", dependencies: ["TrickleRelay", "TrickleGateway", logging] + nio,
            path: "examples/EmbeddedRelay"),

        // Benchmarks.
        .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
        .executableTarget(
            name: "segmenter-benchmark", dependencies: ["MPEGTS", "AllocationCounter"], path: "Benchmarks/Segmenter"),

        .executableTarget(
            name: "access-benchmark", dependencies: ["AccessControl", "TrickleRelay", "TrickleCore"],
            path: "Benchmarks/Access"),

        // The conformance suite, with relays that break its rules.
        .target(
            name: "Conformance",
            dependencies: [
                "TrickleRelay", "ChildProcesses", "Sockets", .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio),

        // Tests.
        .target(
            name: "TrickleTesting",
            dependencies: [
                "Conformance", "MPEGTS", "TrickleCore", "TrickleRelay", "ChildProcesses", "Sockets", logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio),
        .target(
            name: "FaultScenarios",
            dependencies: ["TrickleKit", "TrickleRelay", "TrickleTesting", "ChildProcesses", logging]),
        .executableTarget(
            name: "trickle-chaos", dependencies: ["FaultScenarios", "CommandFrame", "Endings", argumentParser]),
        .executableTarget(
            name: "trickle-attack", dependencies: ["TrickleTesting", "CommandFrame", "Endings", argumentParser]),
        .testTarget(name: "MPEGTSTests", dependencies: ["MPEGTS", "TrickleTesting"]),
        .testTarget(name: "PictureFormatsTests", dependencies: ["PictureFormats", "TrickleTesting"]),
        .testTarget(name: "FragmentedMP4Tests", dependencies: ["FragmentedMP4", "TrickleTesting"]),
        .testTarget(name: "TrickleCoreTests", dependencies: ["TrickleCore", "TrickleTesting"]),
        .testTarget(
            name: "TrickleKitTests",
            dependencies: ["TrickleCore", "TrickleKit", "TrickleRelay", "ChildProcesses", "TrickleTesting"]),
        .testTarget(
            name: "TrickleRelayTests",
            dependencies: [
                "TrickleRelay", "TrickleCore", "TrickleTesting", logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio),
        .testTarget(
            name: "MediaIndexTests",
            dependencies: ["MediaIndex", "TrickleRelay", "TrickleCore", "MPEGTS", "TrickleTesting", logging] + nio),
        .testTarget(
            name: "TrickleGatewayTests",
            dependencies: [
                "TrickleGateway", "MediaIndex", "ChildProcesses", "TrickleRelay", "TrickleCore", "MPEGTS",
                "FragmentedMP4", "PictureFormats", "TrickleTesting", logging,
            ] + nio),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Ingest", "CommandFrame", "MediaChildren", "TrickleRelay", "TrickleCore", "MPEGTS", "TrickleTesting",
                logging,
            ] + nio),
        .testTarget(
            name: "AccessControlTests",
            dependencies: [
                "AccessControl", "ConfigurationReading", "TrickleRelay", "TrickleCore", "ChildProcesses",
                "TrickleTesting", "YAML", .product(name: "JWTKit", package: "jwt-kit"), logging,
            ] + nio,
            exclude: ["Keys", "Makers"]),
        .testTarget(
            name: "TLSListeningTests", dependencies: ["TLSListening", "ChildProcesses", "TrickleTesting", logging]),
        .testTarget(name: "SocketsTests", dependencies: ["Sockets"]),
        .testTarget(name: "SuspensionTests", dependencies: ["Suspension"]),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"]),
        .testTarget(name: "ChildProcessesTests", dependencies: ["ChildProcesses"]),
        .testTarget(
            name: "CommandFrameTests",
            dependencies: [
                "TrickleCore", "TrickleKit", "CommandFrame", "MediaChildren", "Subscribing", "Endings",
                "ChildProcesses", "TrickleTesting",
            ]),
        .testTarget(
            name: "MediaChildrenTests",
            dependencies: ["MediaChildren", "CommandFrame", "Endings", "MPEGTS", "ChildProcesses", "TrickleTesting"]),
        .testTarget(name: "RecordsTests", dependencies: ["Records", "Publishing", "Endings", "TrickleTesting"]),
        .testTarget(
            name: "PublishingTests",
            dependencies: [
                "Publishing", "CommandFrame", "MediaChildren", "Endings", "TrickleKit", "TrickleCore", "MPEGTS",
                "PictureFormats", "ChildProcesses", "TrickleTesting", logging,
            ]),
        .testTarget(
            name: "LiveHooksTests",
            dependencies: [
                "TrickleKit", "LiveHooks", "CommandFrame", "Endings", "TrickleRelay", "MPEGTS", "ChildProcesses",
                "TrickleTesting",
            ]),
        .testTarget(name: "TestBenchTests", dependencies: ["TrickleKit", "TestBench", "TrickleTesting"]),
        .testTarget(
            name: "RestreamingTests",
            dependencies: [
                "TrickleKit", "Restreaming", "Publishing", "CommandFrame", "TrickleRelay", "MPEGTS", "ChildProcesses",
                "TrickleTesting",
            ]),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "TrickleCore", "TrickleRelay", "TLSListening", "TrickleTesting",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["Clients"]),
        .testTarget(
            name: "FaultTests",
            dependencies: ["FaultScenarios", "TrickleKit", "TrickleCore", "ChildProcesses", "TrickleTesting"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TrickleTesting", "TrickleRelay", "TrickleCore", "TLSListening", "ChildProcesses", "MPEGTS",
                "PictureFormats", logging,
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: [
                "HTTP2/scenarios.py", "HTTP2/fuzz.py", "WebSocket/scenarios.py", "Servers/rtsp-server.py",
                "Servers/ts-server.py",
            ]),
    ]
        + tools.flatMap { module, names in
            names.map {
                .target(
                    name: $0,
                    dependencies: [
                        .byName(name: module), "CommandFrame", "MediaChildren", "Endings", "TrickleKit", argumentParser,
                    ])
            }
        } + fuzzers,
    swiftLanguageModes: [.v6]
)
