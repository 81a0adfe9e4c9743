import Testing

@testable import TemplateCompiler

@Suite("Refusals")
struct RefusalTests {
    /// A template, and the error that it must give.
    struct Refusal: CustomTestStringConvertible, Sendable {
        let template: String
        let error: String
        var name = "TopUps/TopUpPage"

        var testDescription: String { error }
    }

    static let folder: [String: String] = [
        "Layout": "<title>{{$title}}{{/title}}</title>\n{{$content}}\n{{/content}}\n",
        "OtherLayout": "<p>{{operator}}</p>\n{{#layout.links}}{{$content}}{{/content}}{{/layout.links}}\n",
        "CircleLayout": "{{<CircleLayout}}\n{{/CircleLayout}}\n",
        "SelfLayout": "{{<Layout}}\n{{$content}}\n{{$content}}\n{{/content}}\n{{/content}}\n{{/Layout}}\n",
        "IndentedLayout": "{{$content}}\n  <p>default</p>\n{{/content}}\n",
        "Shared/StateTag": "<b>{{label}}</b>",
        "Orders/OrderPage": "<p></p>",
    ]

    static let refusals: [Refusal] = [
        // What is no template.
        Refusal(template: "<p>\n{{name", error: "2:1: error: the tag is not closed"),
        Refusal(
            template: "{{#a}}\n{{/b}}", error: "2:1: error: {{/b}} found, but {{a}} was opened on line 1"),
        Refusal(template: "{{#a}}x", error: "1:1: error: {{a}} is never closed"),
        Refusal(template: "x{{/a}}", error: "1:2: error: {{/a}} closes nothing"),
        Refusal(template: "{{a b}}", error: "1:1: error: a tag holds one name"),
        Refusal(template: "{{}}", error: "1:1: error: a tag holds one name"),
        Refusal(template: "a\r\nb", error: "1:1: error: lines end with LF; this one has a carriage return"),
        // What cannot be compiled.
        Refusal(template: "{{=<% %>=}}", error: "1:1: error: delimiters are not changed here"),
        Refusal(template: "{{% CONTENT_TYPE:TEXT}}", error: "1:1: error: pragmas are not used here"),
        Refusal(
            template: "{{>*name}}", error: "1:1: error: a dynamic name cannot be compiled; name the partial"),
        Refusal(
            template: "{{uppercased(a)}}", error: "1:1: error: uppercased(a) is not the name of a property"),
        Refusal(template: "{{a-b}}", error: "1:1: error: a-b is not the name of a property"),
        Refusal(template: "{{page}}", error: "1:1: error: name a property of the page: {{page.title}}"),
        Refusal(template: "{{{a}}}", error: "1:1: error: a may not be printed unescaped; write {{a}}"),
        Refusal(template: "{{&a}}", error: "1:1: error: a may not be printed unescaped; write {{a}}"),
        // Partials.
        Refusal(
            template: "{{>StateTag}}",
            error: "1:1: error: a partial is named with its folder, {{>Shared/StateTag}}, after its struct"),
        Refusal(
            template: "{{>Shared/Tag}}",
            error: "1:1: error: there is no partial Templates/Shared/Tag.mustache"),
        Refusal(template: "{{>Orders/OrderPage}}", error: "1:1: error: OrderPage is a page, not a partial"),
        Refusal(
            template: "  {{>Shared/StateTag}}",
            error: "1:3: error: this tag starts in column 1, or follows text on its line"),
        Refusal(
            template: "<p {{>Shared/StateTag}}>",
            error: "1:4: error: a partial stands between elements, not inside a tag"),
        Refusal(
            template: "{{page.a}}",
            error: "1:1: error: a partial does not see the page; put the value into Tag", name: "Shared/Tag"),
        Refusal(template: "{{$a}}{{/a}}", error: "1:1: error: a partial has no blocks", name: "Shared/Tag"),
        Refusal(
            template: "{{<Layout}}\n{{/Layout}}\n", error: "1:1: error: a partial extends nothing",
            name: "Shared/Tag"),
        // Layouts and blocks.
        Refusal(
            template: "{{<NoLayout}}\n{{/NoLayout}}",
            error: "1:1: error: there is no layout Templates/NoLayout.mustache"),
        Refusal(
            template: "<p>\n{{<Layout}}\n{{/Layout}}",
            error: "2:1: error: what stands beside {{<Layout}} is not part of a block"),
        Refusal(
            template: "{{#a}}\n{{<Layout}}\n{{/Layout}}\n{{/a}}\n",
            error: "2:1: error: {{<Layout}} is the outermost tag of a page"),
        Refusal(
            template: "{{<Layout}}\nlost\n{{/Layout}}",
            error: "2:1: error: only blocks stand inside {{<Layout}}; this would never be seen"),
        Refusal(
            template: "{{<Layout}}\n{{$contnet}}x{{/contnet}}\n{{/Layout}}",
            error: "2:1: error: Layout has no block {{$contnet}}"),
        Refusal(
            template: "{{<Layout}}\n{{$title}}x{{/title}}\n{{$title}}y{{/title}}\n{{/Layout}}",
            error: "3:1: error: {{$title}} is given twice"),
        Refusal(
            template: "{{<Layout}}\n  {{$title}}x{{/title}}\n{{/Layout}}",
            error: "2:3: error: this tag starts in column 1, or follows text on its line"),
        Refusal(
            template: "{{<Layout}}\n{{$content}}x\ny{{/content}}\n{{/Layout}}",
            error: "2:1: error: {{$content}} and its end stand on one line, or each alone on a line"),
        Refusal(
            template: "{{#a}}\nx{{/a}}\n",
            error: "1:1: error: the tags of a stand each alone on a line, or neither does"),
        // HTML.
        Refusal(
            template: "<a href={{a}}>",
            error: "1:9: error: the attribute href is not quoted; write href=\"…\""),
        Refusal(
            template: "<a {{a}}>",
            error: "1:4: error: a value stands in an element's text or in a quoted attribute"),
        Refusal(
            template: "<script>{{a}}</script>",
            error: "1:9: error: no value is printed in a script or a style; use a data- attribute"),
        Refusal(
            template: "<a onclick=\"{{a}}\">",
            error: "1:13: error: no value is printed in the attribute onclick, whose text is code"),
        Refusal(template: "<!-- {{a}} -->", error: "1:6: error: no value is printed in a comment"),
        Refusal(
            template: "<a class=\"x{{#a}}\"{{/a}}>",
            error:
                "1:12: error: the section a begins inside a tag or a quotation and ends outside, or the other way round"
        ),
        Refusal(template: "<p", error: "1:1: error: the template ends inside a tag, a comment or a script"),
    ]

    @Test("What the compiler refuses is named with file, line and column", arguments: refusals)
    func refuses(refusal: Refusal) {
        #expect(
            errors(of: refusal.template, as: refusal.name) == [
                "Templates/\(refusal.name).mustache:\(refusal.error)"
            ])
    }

    @Test(
        "An error in a layout names the layout",
        arguments: [
            (
                "OtherLayout",
                "Templates/OtherLayout.mustache:1:4: error: a layout names layout.… only; put operator into the struct Layout"
            ),
            (
                "OtherLayout",
                "Templates/OtherLayout.mustache:2:18: error: a block inside a section over items would change the meaning of the names in it"
            ),
            ("CircleLayout", "Templates/CircleLayout.mustache:1:1: error: CircleLayout extends itself"),
            ("SelfLayout", "Templates/SelfLayout.mustache:3:1: error: {{$content}} would contain itself"),
            (
                "IndentedLayout",
                "Templates/IndentedLayout.mustache:1:1: error: the lines of a block that can be replaced start in column 1"
            ),
        ])
    func refusesLayouts(layout: String, error: String) {
        #expect(errors(of: "{{<\(layout)}}\n{{/\(layout)}}\n", as: "TopUps/TopUpPage").contains(error))
    }

    @Test("All errors of a template are reported together")
    func reportsAll() {
        #expect(errors(of: "{{a-b}}\n{{>Tag}}\n", as: "TopUps/TopUpPage").count == 2)
    }

    @Test("Bytes that are not UTF-8 are refused")
    func refusesOtherEncodings() {
        let folder = TemplateFolder { _ in [0x3C, 0xC3, 0x28] }
        #expect {
            try SwiftGenerator.swift(for: "TopUps/TopUpPage", in: folder)
        } throws: { error in
            (error as? TemplateErrors)?.errors.map(\.message) == ["the file is not UTF-8"]
        }
    }

    @Test("A name on the list may be printed unescaped, any other may not")
    func printsListedNamesUnescaped() throws {
        let folder = TemplateFolder { _ in Array("<p>{{{code}}}</p>".utf8) }
        let swift = try SwiftGenerator.swift(
            for: "TopUps/TopUpPage", in: folder, namesPrintedUnescaped: ["code"])
        #expect(swift.contains("out.markup(self.`code`)"))
        #expect(SwiftGenerator.namesPrintedUnescaped.isEmpty)
    }

    private func errors(of template: String, as name: String) -> [String] {
        let folder = TemplateFolder { wanted in
            (wanted == name ? template : Self.folder[wanted]).map { Array($0.utf8) }
        }
        do {
            _ = try SwiftGenerator.swift(for: name, in: folder)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }
}
