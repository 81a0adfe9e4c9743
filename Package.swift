// swift-tools-version: 6.3
import PackageDescription

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

let package = Package(
    name: "corporate-payment-portal",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "portal", targets: ["Server"]),
        .executable(name: "sandbox", targets: ["Sandbox"]),
        .library(name: "UnionPay", targets: ["UnionPay"]),
        .library(name: "HTTPSignatures", targets: ["HTTPSignatures"]),
        .library(name: "Postgres", targets: ["Postgres"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0"),
    ],
    targets: [
        // The system libraries.
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What knows no business.
        .target(name: "Postgres", dependencies: ["CPostgres", logging]),
        .target(name: "Cryptography", dependencies: ["COpenSSL", "CArgon2"]),
        .target(name: "UnionPay", dependencies: ["Cryptography", "CZlib"]),
        .target(name: "HTTPSignatures", dependencies: ["Cryptography"]),

        // The business, the site, the program.
        .target(
            name: "Payments",
            dependencies: ["Postgres", "Cryptography", "UnionPay", "HTTPSignatures", logging, lifecycle]
        ),
        .target(
            name: "Portal",
            dependencies: ["Payments", hummingbird, logging],
            exclude: ["Templates"],
            plugins: ["CompileTemplates"]
        ),
        .executableTarget(
            name: "Server",
            dependencies: [
                "Portal", "Payments", hummingbird, httpClient, arguments, configuration, lifecycle, logging,
            ]
        ),

        // Templates become Swift at build time.
        .executableTarget(name: "TemplateCompiler"),
        .plugin(
            name: "CompileTemplates",
            capability: .buildTool(),
            dependencies: ["TemplateCompiler"],
            path: "Sources/CompileTemplates"
        ),

        // What stands outside in real life.
        .executableTarget(
            name: "Sandbox",
            dependencies: [
                "Cryptography", "UnionPay", "HTTPSignatures", hummingbird, httpClient, arguments, lifecycle,
                logging,
            ]
        ),

        // Has the portal's code take a long file of the bank; for Scripts/bench only.
        .executableTarget(
            name: "FilesBench", dependencies: ["Payments", "Postgres", "Cryptography", "UnionPay", logging],
            path: "Tests/Bench/Files"),

        // Tests.
        .target(name: "TestDatabase", dependencies: ["Postgres"], path: "Tests/TestDatabase"),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestDatabase"]),
        .testTarget(
            name: "CryptographyTests", dependencies: ["Cryptography"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "UnionPayTests", dependencies: ["UnionPay", "Cryptography"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "HTTPSignaturesTests", dependencies: ["HTTPSignatures", "Cryptography"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TemplateCompilerTests",
            dependencies: ["TemplateCompiler", mustache],
            resources: [.copy("Fixtures")]
        ),
        .testTarget(
            name: "ServerTests", dependencies: ["Server", "Cryptography", "UnionPay", configuration]),
        .testTarget(
            name: "SandboxTests",
            dependencies: ["Sandbox", "Cryptography", "UnionPay", "HTTPSignatures", hummingbird, logging]),
        .testTarget(name: "PaymentsTests", dependencies: ["Payments", "TestDatabase"]),
        .testTarget(
            name: "PortalTests",
            dependencies: [
                "Portal", "TestDatabase", "TemplateCompiler", mustache,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            exclude: ["Snapshots"]
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Server", "Portal", "Payments", "Sandbox", "TestDatabase", hummingbird, httpClient, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
