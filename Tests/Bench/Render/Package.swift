// swift-tools-version: 6.1
import PackageDescription

// The render bench: the portal's own writer and template compiler (by symbolic links) on one page, beside swift-mustache.
// A package of its own, so that what is timed is an ordinary release build and the portal's package has no part for it.
let package = Package(
    name: "render-bench",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1")
    ],
    targets: [
        .executableTarget(name: "TemplateCompiler"),
        .plugin(name: "CompileTemplates", capability: .buildTool(), dependencies: ["TemplateCompiler"]),
        .executableTarget(
            name: "RenderBench",
            dependencies: [.product(name: "Mustache", package: "swift-mustache")],
            plugins: ["CompileTemplates"]
        ),
    ],
    swiftLanguageModes: [.v6]
)
