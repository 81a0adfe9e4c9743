import Foundation

@testable import TemplateCompiler

/// A small program of its own, made of the demo pages, the portal's writer and what the template compiler makes of
/// templates; built by `swiftc` in a temporary folder.
struct DemoBuild {
    /// Why the program could not be built or did not run.
    struct Failure: Error {
        let output: String
    }

    /// The demo's templates.
    static let templates = tests.appending(path: "Fixtures/demo")

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static let site = tests.appending(path: "../../Sources/Portal/Site").standardized

    private let folder: URL

    /// A program with the demo's pages and the writer, and nothing yet that was compiled from a template.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "templates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes the temporary folder.
    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Adds a Swift file.
    func add(_ source: String, as name: String) throws {
        try Data(source.utf8).write(to: folder.appending(path: name))
    }

    /// Adds what the template compiler makes of a demo template, or of another text under that name.
    func compile(_ name: String, from text: String? = nil) throws {
        let templates = TemplateFolder { wanted in
            if wanted == name, let text { return Array(text.utf8) }
            return (try? Data(contentsOf: Self.templates.appending(path: wanted + ".mustache"))).map {
                Array($0)
            }
        }
        try add(
            try SwiftGenerator.swift(for: name, in: templates), as: name.replacing("/", with: "_") + ".swift")
    }

    /// Builds and runs the program: what it printed.
    func run() throws -> Data {
        let program = folder.appending(path: "demo")
        let built = try execute(
            "/usr/bin/env", ["swiftc", "-swift-version", "6", "-o", program.path] + sources())
        guard built.status == 0 else { throw Failure(output: String(decoding: built.output, as: UTF8.self)) }
        let ran = try execute(program.path, [])
        guard ran.status == 0 else { throw Failure(output: String(decoding: ran.output, as: UTF8.self)) }
        return ran.output
    }

    /// The errors of a build, once each and sorted, without the column, which is that of the generated file.
    func errors() throws -> [String] {
        let built = try execute("/usr/bin/env", ["swiftc", "-swift-version", "6", "-typecheck"] + sources())
        let lines = String(decoding: built.output, as: UTF8.self).split(separator: "\n")
        let errors = lines.compactMap { line -> String? in
            let parts = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, Int(parts[1]) != nil, parts[3].hasPrefix(" error: ") else { return nil }
            return "\(parts[0]):\(parts[1]):\(parts[3])"
        }
        return Set(errors).sorted()
    }

    private func sources() throws -> [String] {
        let own = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let site = ["HTMLWriter", "TemplateSection", "Page"].map { Self.site.appending(path: $0 + ".swift") }
        let demo = Self.tests.appending(path: "Demo/DemoPages.swift")
        return ([demo] + site + own.filter { $0.pathExtension == "swift" }).map(\.path).sorted()
    }

    private func execute(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: Data) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
