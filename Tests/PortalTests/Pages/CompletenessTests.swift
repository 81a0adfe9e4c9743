import Foundation
import TestDatabase
import Testing

@testable import Portal

/// That the samples leave nothing out: no part of a template, no form, no class of the style sheet.
@Suite("Samples are complete")
struct CompletenessTests {
    /// Forms that come back on another page than their own when they are refused.
    private static let refusedElsewhere = [
        // The list shows several cases; a refused decision is answered with the page of its case.
        "ApprovalListPage 退回"
    ]

    /// Classes that templates use and the style sheet needs no rule for.
    private static let plainClasses: Set = [
        // The look of every notice that has no tone of its own.
        "notice-info"
    ]

    @Test("Each part of each template is shown by one sample, and left out by another where it can be")
    func partsAreShown() throws {
        var coverage = try TemplateCoverage()
        let features = try SnapshotTests.features()
        for sample in Samples.all {
            coverage.show(
                sample.page, template: "\(try #require(features[sample.pageName]))/\(sample.pageName)")
        }
        #expect(coverage.neverShown == [], "no sample shows these")
        #expect(coverage.neverLeftOut == [], "every sample shows these")
    }

    @Test("Each form that asks for something has a sample as it is first shown, and one of how it comes back")
    func formsHaveBothStates() throws {
        var needed: Set<String> = []
        for name in try Referee.pageNames() {
            let page = String(name.split(separator: "/")[1])
            for form in try Self.forms(in: Self.source(of: name)) { needed.insert("\(page) \(form.button)") }
        }
        #expect(needed.count >= 12)
        var asked: Set<String> = []
        var refused: Set<String> = []
        for sample in Samples.all {
            for form in Self.forms(in: Self.html(of: sample)) {
                let name = "\(sample.pageName) \(form.button)"
                if form.text.contains("aria-invalid=\"true\"") {
                    refused.insert(name)
                } else {
                    asked.insert(name)
                }
            }
        }
        #expect(needed.subtracting(asked).sorted() == [], "no sample shows these without an error")
        #expect(
            needed.subtracting(refused).sorted() == Self.refusedElsewhere,
            "no sample shows these with an error")
    }

    @Test("Each class of the style sheet is used by a page or the script, each class of a page has a rule")
    func classesAgree() throws {
        let style = try Self.file("site.css").replacing(#/(?s)/\*.*?\*//#, with: "")
        let selectors = style.matches(of: #/([^{}]+)\{/#).map { String($0.1) }.joined(separator: " ")
        let defined = Set(selectors.matches(of: #/\.([A-Za-z][\w-]*)/#).map { String($0.1) })
        var used: Set<String> = []
        for sample in Samples.all {
            for match in Self.html(of: sample).matches(of: #/class="([^"]*)"/#) {
                used.formUnion(match.1.split(separator: " ").map(String.init))
            }
        }
        let scripted = try Self.file("site.js").matches(of: #/classList\.add\("([\w-]+)"\)/#).map {
            String($0.1)
        }
        #expect(defined.subtracting(used).subtracting(scripted).sorted() == [], "nothing has these classes")
        #expect(used.subtracting(defined) == Self.plainClasses, "the style sheet has no rule for these")
    }

    @Test("Each drawing is used by a page or the style sheet, and each one used is there")
    func drawingsAgree() throws {
        let drawn = Set(
            try Self.file("icons.svg").matches(of: #/<(?:symbol|view) id="([\w-]+)"/#).map { String($0.1) })
        let used = try [Self.file("site.css")] + Samples.all.map(Self.html)
        #expect(Set(used.flatMap { $0.matches(of: #/icons\.svg#([\w-]+)/#).map { String($0.1) } }) == drawn)
    }

    @Test("The script reads each data attribute of the pages, and no others")
    func scriptHooksAgree() throws {
        var there: Set<String> = []
        for sample in Samples.all {
            for match in Self.html(of: sample).matches(of: #/ data-([a-z-]+)/#) {
                there.insert(String(match.1))
            }
        }
        let script = try Self.file("site.js")
        var read = Set(script.matches(of: #/\[data-([a-z-]+)\]/#).map { String($0.1) })
        for match in script.matches(of: #/dataset\.([A-Za-z]+)/#) {
            read.insert(
                match.1.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined())
        }
        // A note of the script to itself: this form is on its way.
        read.remove("sent")
        #expect(read == there)
    }

    // MARK: Reading

    /// A form that is posted and has a field that people fill in.
    private struct Form {
        let text: String
        /// The words on its button.
        let button: String
    }

    private static func forms(in html: String) -> [Form] {
        html.matches(of: #/(?s)<form\b[^>]*method="post"[^>]*>.*?</form>/#).map { String($0.0) }
            .filter { $0.contains(#/<(?:select|textarea)\b|<input\b(?![^>]*type="hidden")/#) }
            .map { text in
                let button = text.firstMatch(of: #/<button[^>]*>([^<]*)</button>/#)
                return Form(text: text, button: button.map { String($0.1) } ?? "")
            }
    }

    /// A template with its partials written out; layouts have no form that asks for anything.
    private static func source(of name: String) throws -> String {
        let text = try String(
            contentsOf: Referee.templates.appending(path: name + ".mustache"), encoding: .utf8)
        return try text.replacing(#/\{\{>([\w/]+)\}\}/#) { try source(of: String($0.1)) }
    }

    private static func html(of sample: Sample) -> String {
        String(decoding: sample.page.rendered(), as: UTF8.self)
    }

    private static func file(_ name: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: "Public/\(name)"), encoding: .utf8)
    }
}
