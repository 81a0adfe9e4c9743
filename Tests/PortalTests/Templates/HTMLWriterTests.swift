import Testing

@testable import Portal

@Suite("The HTML writer")
struct HTMLWriterTests {
    @Test("The five characters that mean something in HTML are escaped")
    func escapes() {
        #expect(written { $0.text("a<b>&\"'c") } == "a&lt;b&gt;&amp;&quot;&#39;c")
    }

    @Test("A quotation mark, bracket or ampersand is escaped even when a combining character follows it")
    func escapesBeforeCombiningCharacters() {
        // Each pair is one Character; escaping by Character would let the mark through and close the attribute.
        #expect(written { $0.text("\"\u{301}") } == "&quot;\u{301}")
        #expect(written { $0.text("<\u{FE0F}script>\u{301}") } == "&lt;\u{FE0F}script&gt;\u{301}")
        #expect(written { $0.text("'\u{20DD}&\u{301}") } == "&#39;\u{20DD}&amp;\u{301}")
    }

    @Test(
        "Harmless text, empty text and Chinese pass unchanged",
        arguments: ["", "abc", "充值 1,234.00 元", "𠮷", "\u{0}"])
    func passesText(text: String) {
        #expect(written { $0.text(text) } == text)
    }

    @Test("Numbers are written in digits", arguments: [0, -1, Int.max, Int.min])
    func writesNumbers(number: Int) {
        #expect(written { $0.text(number) } == String(number))
    }

    @Test("Pieces of a template are written as they stand, single characters too")
    func writesPieces() {
        #expect(
            written {
                $0.raw("<")
                $0.raw("")
                $0.raw("户\n")
            } == "<户\n")
    }

    @Test("A section over an array walks its elements, and its inverse asks for none")
    func walksArrays() {
        #expect(Array(HTMLWriter.section(["a", "b"], in: 0).items) == ["a", "b"])
        let inverses = [HTMLWriter.inverted(["a"]), HTMLWriter.inverted([String]())]
        #expect(inverses.map(\.isWritten) == [false, true])
    }

    @Test("A section over an optional gives what it holds, once")
    func walksOptionals() {
        #expect(Array(HTMLWriter.section(Optional("a"), in: 0).items) == ["a"])
        #expect(Array(HTMLWriter.section(String?.none, in: 0).items) == [])
        let inverses = [HTMLWriter.inverted(Optional("")), HTMLWriter.inverted(String?.none)]
        #expect(inverses.map(\.isWritten) == [false, true])
    }

    @Test("A section over a Bool gives the current item")
    func walksBools() {
        #expect(Array(HTMLWriter.section(true, in: "item").items) == ["item"])
        #expect(Array(HTMLWriter.section(false, in: "item").items) == [])
        let inverses = [HTMLWriter.inverted(true), HTMLWriter.inverted(false)]
        #expect(inverses.map(\.isWritten) == [false, true])
    }

    @Test("A section over a struct gives the struct")
    func walksStructs() {
        struct Totals: Equatable {
            let sum: String
        }
        #expect(Array(HTMLWriter.section(Totals(sum: "1"), in: 0).items) == [Totals(sum: "1")])
    }

    private func written(_ body: (inout HTMLWriter) -> Void) -> String {
        var out = HTMLWriter(capacity: 0)
        body(&out)
        return String(decoding: out.bytes, as: UTF8.self)
    }
}
