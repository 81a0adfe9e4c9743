import Foundation
import Mustache
import Testing

@testable import Portal

/// swift-mustache as the referee of compiled pages: it interprets the same template with the same page, and the bytes
/// must be equal.
///
/// It never serves pages: it escapes by grapheme, so a quotation mark followed by a combining character stays bare, and
/// a misspelt name prints nothing. Samples with combining characters after `<`, `>`, `&` or quotation marks therefore
/// belong to the writer's own tests, not here.
enum Referee {
    /// Why there is nothing to compare with.
    enum Failure: Error {
        /// No file of `Templates/` is named like the page, or several are.
        case noSingleTemplate(page: String, found: [String])
    }

    /// The folder `Templates/` of the package.
    static let templates = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../../Templates").standardized

    private static let library = Task { try await MustacheLibrary(directory: templates.path) }

    /// The names of all templates, such as `TopUps/TopUpPage`, sorted.
    static func templateNames() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: templates.path)
            .filter { $0.hasSuffix(".mustache") }.map { String($0.dropLast(".mustache".count)) }.sorted()
    }

    /// The names of the templates that are pages.
    static func pageNames() throws -> [String] {
        try templateNames().filter { $0.contains("/") && $0.hasSuffix("Page") }
    }

    /// What swift-mustache makes of a page with the template of the page's name.
    static func bytes(of page: some TemplatePage) async throws -> [UInt8] {
        let name = String(describing: type(of: page))
        let found = try templateNames().filter { $0.hasSuffix("/" + name) }
        guard let template = found.first, found.count == 1 else {
            throw Failure.noSingleTemplate(page: name, found: found)
        }
        let rendered = try await library.value.render(Root(page: page), withTemplate: template)
        return Array((rendered ?? "").utf8)
    }

    /// Expects a page's compiled bytes to equal what swift-mustache makes of it, and shows where they part.
    static func expectAgreement(
        on page: some TemplatePage,
        sample: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let compiled = page.rendered()
        let interpreted = try await bytes(of: page)
        guard compiled != interpreted else { return }
        let same = zip(compiled, interpreted).prefix { $0 == $1 }.count
        let line = compiled[..<same].count { $0 == UInt8(ascii: "\n") } + 1
        let excerpt = { (bytes: [UInt8]) in
            String(decoding: bytes[max(0, same - 60)..<min(bytes.count, same + 60)], as: UTF8.self)
        }
        Issue.record(
            """
            \(type(of: page)), sample \(sample): the compiled page differs from swift-mustache's in line \(line).
            Compiled:    …\(excerpt(compiled))…
            Interpreted: …\(excerpt(interpreted))…
            """,
            sourceLocation: sourceLocation
        )
    }

    /// What swift-mustache gets: the child `page` is the page, all other names are the page's own stored properties.
    private struct Root: MustacheParent {
        let page: Any

        func child(named name: String) -> Any? {
            if name == "page" { return page }
            guard let value = Mirror(reflecting: page).children.first(where: { $0.label == name })?.value
            else {
                return nil
            }
            let mirror = Mirror(reflecting: value)
            return mirror.displayStyle == .optional ? mirror.children.first?.value : value
        }
    }
}
