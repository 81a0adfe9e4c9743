import Testing

@testable import TemplateCompiler

@Suite("Generated code")
struct GeneratedCodeTests {
    @Test("The code runs straight down, each statement under its template's line")
    func writesStatements() throws {
        let template = "<h1>充值</h1>\n{{#rows}}\n<p>{{number}}</p>\n{{#canCancel}}叉{{/canCancel}}\n{{/rows}}\n"
        let expected = """
            // Compiled from Templates/TopUps/TopUpPage.mustache: edit that file instead.
            #sourceLocation(file: "Templates/TopUps/TopUpPage.mustache", line: 1)
            extension TopUpPage: TemplatePage {
                func write(to out: inout HTMLWriter) {
                    out.raw("<h1>充值</h1>\\n")
                    #sourceLocation(file: "Templates/TopUps/TopUpPage.mustache", line: 2)
                    let section1 = HTMLWriter.section(self.`rows`, in: self)
                    #sourceLocation(file: "Templates/TopUps/TopUpPage.mustache", line: 2)
                    for item1 in section1.items {
                        out.raw("<p>")
                        #sourceLocation(file: "Templates/TopUps/TopUpPage.mustache", line: 3)
                        out.text(item1.`number`)
                        out.raw("</p>\\n")
                        #sourceLocation(file: "Templates/TopUps/TopUpPage.mustache", line: 4)
                        if item1.`canCancel` {
                            out.raw("叉")
                        }
                        out.raw("\\n")
                    }
                }
            }
            #sourceLocation()

            """
        #expect(try swift(template, as: "TopUps/TopUpPage") == expected)
    }

    @Test("The same template always gives the same file")
    func isDeterministic() throws {
        let template = "{{#rows}}{{a}}{{#b}}{{.}}{{/b}}{{/rows}}"
        #expect(try swift(template, as: "A/BPage") == swift(template, as: "A/BPage"))
    }

    @Test("A partial is a function of its struct")
    func writesPartials() throws {
        let code = try swift("<b>{{label}}</b>", as: "Shared/StateTag")
        #expect(code.contains("extension StateTag: TemplatePartial {"))
        #expect(code.contains("static func write(_ item: StateTag, to out: inout HTMLWriter) {"))
        #expect(code.contains("out.text(item.`label`)"))
    }

    @Test("Combining and control characters are written as numbers in literals")
    func escapesLiterals() {
        #expect(swiftLiteral("\"\u{301}\\\u{7}\t\n甲…") == #""\"\u{301}\\\u{7}\t\n甲…""#)
    }

    @Test(
        "Only is…, has… and can… ask a question",
        arguments: [
            ("isPaid", true), ("layout.hasRows", true), ("canCancel", true), ("issue", false),
            ("hash", false),
            ("canal", false), ("is", false), ("isPaid.note", false),
        ])
    func tellsQuestions(name: String, isQuestionExpected: Bool) {
        #expect(isQuestion(name) == isQuestionExpected)
    }

    @Test("The name of a template says what it is")
    func tellsKinds() {
        #expect(TemplateKind(name: "Layout") == .layout(name: "Layout"))
        #expect(TemplateKind(name: "TopUps/TopUpPage") == .page(type: "TopUpPage"))
        #expect(TemplateKind(name: "Shared/StateTag") == .partial(type: "StateTag"))
    }

    private func swift(_ template: String, as name: String) throws -> String {
        try SwiftGenerator.swift(for: name, in: TemplateFolder { $0 == name ? Array(template.utf8) : nil })
    }
}
