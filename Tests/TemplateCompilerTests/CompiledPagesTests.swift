import Foundation
import Mustache
import Testing

@testable import TemplateCompiler

@Suite("Compiled pages")
struct CompiledPagesTests {
    @Test("The demo pages are written with the same bytes as by swift-mustache")
    func bytesEqualTheInterpreters() async throws {
        let build = try DemoBuild()
        defer { build.remove() }
        for name in ["Orders/OrderListPage", "Orders/OrderPage", "Shared/StateTag"] {
            try build.compile(name)
        }
        try build.add(
            """
            import Foundation
            func write(_ page: some TemplatePage) { FileHandle.standardOutput.write(Data(page.rendered() + [0])) }
            for page in DemoSamples.lists { write(page) }
            for page in DemoSamples.orders { write(page) }
            """, as: "main.swift")
        let compiled = try build.run().split(separator: 0, omittingEmptySubsequences: true).map { Data($0) }

        let library = try await MustacheLibrary(directory: DemoBuild.templates.path)
        let lists = DemoSamples.lists.map { library.render(root($0), withTemplate: "Orders/OrderListPage") }
        let orders = DemoSamples.orders.map { library.render(root($0), withTemplate: "Orders/OrderPage") }
        let interpreted = (lists + orders).map { Data(($0 ?? "").utf8) }
        #expect(compiled.count == 4)
        for (compiled, interpreted) in zip(compiled, interpreted) {
            #expect(String(decoding: compiled, as: UTF8.self) == String(decoding: interpreted, as: UTF8.self))
            #expect(compiled == interpreted)
        }
    }

    @Test("A quotation mark stays escaped when a combining character follows it")
    func escapesBytes() throws {
        let build = try DemoBuild()
        defer { build.remove() }
        try build.add(
            #"""
            import Foundation
            var out = HTMLWriter()
            out.text("\"\u{301} <\u{FE0F} '\u{301} &\u{301} >\u{301}")
            FileHandle.standardOutput.write(Data(out.bytes))
            """#, as: "main.swift")
        let bytes = try build.run()
        #expect(bytes == Data("&quot;\u{301} &lt;\u{FE0F} &#39;\u{301} &amp;\u{301} &gt;\u{301}".utf8))
    }

    @Test("A misspelt name does not compile, and the error names the template's line")
    func misspeltNamePointsToTheTemplate() throws {
        let build = try DemoBuild()
        defer { build.remove() }
        try build.compile(
            "Orders/OrderPage",
            from: "<h1>\n{{#in}}\n{{.}}\n{{/in}}\n</h1>\n<p>{{slef}}</p>\n{{#inn}}{{.}}{{/inn}}\n")
        let errors = try build.errors()
        #expect(
            errors == [
                "Templates/Orders/OrderPage.mustache:6: error: value of type 'OrderPage' has no member 'slef'",
                "Templates/Orders/OrderPage.mustache:7: error: value of type 'OrderPage' has no member 'inn'",
            ])
    }

    @Test(
        "What a template cannot print or ask is refused with a sentence",
        arguments: [
            ("{{flag}}", "a Bool is not printed"),
            ("{{note}}", "an optional is printed inside its own section"),
            ("{{price}}", "a template prints String and Int"),
            ("{{rows}}", "a template prints String and Int"),
            ("{{#name}}{{/name}}", "a String is no section"),
            ("{{#price}}{{/price}}", "a number is no section"),
            ("{{#maybe}}{{/maybe}}", "a Bool? says three things"),
            ("{{^name}}{{/name}}", "a String has no inverse"),
            ("{{^price}}{{/price}}", "a number has no inverse"),
            ("{{^maybe}}{{/maybe}}", "a Bool? says three things"),
            ("{{^nested}}{{/nested}}", "a struct is always there"),
        ])
    func refusesByType(template: String, reason: String) throws {
        let build = try DemoBuild()
        defer { build.remove() }
        try build.add(
            """
            struct Nested {}
            struct TypesPage {
                let name: String, note: String?, flag: Bool, maybe: Bool?, price: Double, rows: [String]
                let nested: Nested
            }
            """, as: "TypesPage.swift")
        try build.compile("Types/TypesPage", from: "\n" + template + "\n")
        let errors = try build.errors()
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("Templates/Types/TypesPage.mustache:2: error: ") == true)
        #expect(errors.first?.contains(reason) == true)
    }

    /// The root that swift-mustache gets: its child `page` is the page, its other names are the page's own.
    private func root(_ page: Any) -> [String: Any] {
        var root: [String: Any] = ["page": page]
        for case (let label?, let value) in Mirror(reflecting: page).children {
            let mirror = Mirror(reflecting: value)
            if mirror.displayStyle != .optional {
                root[label] = value
            } else if let wrapped = mirror.children.first?.value {
                root[label] = wrapped
            }
        }
        return root
    }
}
