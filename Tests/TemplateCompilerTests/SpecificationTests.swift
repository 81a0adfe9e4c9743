import Testing

@testable import TemplateCompiler

@Suite("The Mustache specification")
struct SpecificationTests {
    @Test("All 149 cases of the six files are here")
    func countsCases() {
        #expect(SpecificationCase.all.count == 149)
    }

    @Test("A case renders as the specification expects", arguments: SpecificationCase.all)
    func renders(specificationCase: SpecificationCase) throws {
        let rendered = try SpecificationEvaluator.render(
            specificationCase.template,
            partials: specificationCase.partials ?? [:],
            data: specificationCase.data
        )
        #expect(Array(rendered.utf8) == Array(specificationCase.expected.utf8))
    }
}
