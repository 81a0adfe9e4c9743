import HTTPSignatures
import Testing

@Suite("Structured fields (RFC 8941)")
struct StructuredFieldTests {
    @Test(
        "A dictionary is read and written in its one form",
        arguments: [
            ("a=1,    b=2;x=1;y=2,   c=(a   b   c)", "a=1, b=2;x=1;y=2, c=(a b c)"),
            (" a , b;x ,c=?0 ", "a, b;x, c=?0"), ("a=-1.50", "a=-1.5"), ("a=1.0;b=0.001", "a=1.0;b=0.001"),
            (#"a="q\"\\b""#, #"a="q\"\\b""#), ("a=*tok/en:x", "a=*tok/en:x"),
            ("a=:AAECAw==:", "a=:AAECAw==:"),
            ("a=()", "a=()"), ("a=(\"x\";req  \"y\");created=1", "a=(\"x\";req \"y\");created=1"), ("", ""),
            ("a;x=1;x=2", "a;x=2"), ("*a.b-c_d=999999999999999", "*a.b-c_d=999999999999999"),
        ])
    func canonical(text: String, expected: String) throws {
        #expect(try StructuredFieldParser.dictionary(text).serialized == expected)
    }

    @Test(
        "What is not in the grammar is refused",
        arguments: [
            "A=1", "a=", "a=1,", "a=1 b=2", "a=1,,b=2", "a=(1", "a=(1,2)", "a=\"x", "a=\"\u{e9}\"",
            "a=\"\\n\"", "a=?2",
            "a=:A:", "a=:AAEC", "a=1000000000000000", "a=1.", "a=1.0000", "a=-", "a=1;", "a=1;B", "a=1\u{0}",
            "=1", "1=a",
            "a=(1)2", "a==1", "a=1, a=2", "a=@1",
        ])
    func refuses(text: String) {
        #expect(throws: StructuredFieldError.self) { try StructuredFieldParser.dictionary(text) }
    }

    @Test("Lists and items are read")
    func listsAndItems() throws {
        #expect(
            try StructuredFieldParser.list("a, (b c);d, 1") == [
                .item(FieldItem(.token("a"))),
                .innerList(
                    InnerList([FieldItem(.token("b")), FieldItem(.token("c"))], [("d", .boolean(true))])),
                .item(FieldItem(.integer(1))),
            ])
        #expect(
            try StructuredFieldParser.item(" \"x\";y=1 ") == FieldItem(.string("x"), [("y", .integer(1))]))
        #expect(throws: StructuredFieldError.self) { try StructuredFieldParser.item("1 2") }
        #expect(throws: StructuredFieldError.self) { try StructuredFieldParser.list("1 2") }
    }

    @Test("A value that has no written form is not written")
    func unwritable() {
        #expect(BareItem.string("é").serialized == nil)
        #expect(BareItem.token("a b").serialized == nil)
        #expect(BareItem.integer(.min).serialized == nil)
        #expect(BareItem.decimal(thousandths: .min).serialized == nil)
        #expect(FieldItem(.integer(1), [("Key", .integer(1))]).serialized == nil)
        #expect(InnerList([FieldItem(.token(""))]).serialized == nil)
    }

    @Test("No input of random bytes does more than throw")
    func randomInput() {
        let alphabet = Array(" \t,;=()\"\\:?*-.0123456789abAB/+\u{0}\u{ff}".unicodeScalars)
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...24) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count)])
            }
            guard let dictionary = try? StructuredFieldParser.dictionary(text) else { continue }
            // What was read has a written form, and reading that gives the same again.
            let written = dictionary.serialized
            #expect(written != nil)
            #expect((try? StructuredFieldParser.dictionary(written ?? "?")) == dictionary)
        }
    }

    @Test("A field longer than any honest one is refused before it is read")
    func longField() {
        #expect(throws: StructuredFieldError.self) {
            try StructuredFieldParser.dictionary("a=\"" + String(repeating: "x", count: 32_768) + "\"")
        }
    }
}
