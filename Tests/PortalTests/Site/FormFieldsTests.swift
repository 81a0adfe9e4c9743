import Testing

@testable import Portal

@Suite("Fields of a form")
struct FormFieldsTests {
    private func fields(_ text: String) -> FormFields? { FormFields(urlencoded: Array(text.utf8)) }

    @Test("Names and values are decoded exactly once")
    func decodesOnce() throws {
        let form = try #require(fields("a=1+2&b=%E5%85%83&c=%2541&d&=x&e=1%3D2&f=a=b"))
        #expect(form["a"] == "1 2")
        #expect(form["b"] == "元")
        #expect(form["c"] == "%41")
        #expect(form["d"] == "" && form.has("d"))
        #expect(form["e"] == "1=2")
        #expect(form["f"] == "a=b")
        #expect(form["missing"] == "" && !form.has("missing"))
    }

    @Test("Broken encodings, bytes that are no text, NUL and too many fields are refused")
    func refusesBroken() {
        for text in ["a=%", "a=%4", "a=%GG", "a=%FF", "a=%00", "%00=1", "a=%C0%AF"] {
            #expect(fields(text) == nil, "\(text)")
        }
        #expect(fields(Array(repeating: "a=1", count: 201).joined(separator: "&")) == nil)
        #expect(fields(Array(repeating: "a=1", count: 200).joined(separator: "&")) != nil)
    }

    @Test("Text is composed and loses what cannot be seen at its edges; a secret stays as sent")
    func trims() {
        let form = FormFields(pairs: [("name", "\u{200B}\u{3000} e\u{301} x\u{FEFF}\n"), ("secret", " p ")])
        #expect(form.text("name") == "\u{E9} x")
        #expect(form.text("name").unicodeScalars.count == 3)
        #expect(form["secret"] == " p ")
        #expect(FormFields(pairs: [("name", " \u{200B} ")]).text("name") == "")
    }

    @Test("A code loses its blanks, and full-width letters and digits become narrow")
    func narrowsCodes() {
        #expect(FormFields(pairs: [("n", " Ｔp１２ 3\u{200B}4 ")]).code("n") == "Tp1234")
    }

    @Test("A field that came twice is found, unless it may")
    func findsRepeats() throws {
        let form = try #require(fields("amount=1&bill=a&bill=b&amount=2"))
        #expect(form.repeatedName(except: []) == "bill")
        #expect(form.repeatedName(except: ["bill"]) == "amount")
        #expect(form.repeatedName(except: ["bill", "amount"]) == nil)
        #expect(form.all("bill") == ["a", "b"])
    }
}
