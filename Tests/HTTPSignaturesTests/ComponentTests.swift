import HTTPSignatures
import Testing

@Suite("Components of a message")
struct ComponentTests {
    /// The signature base without its last line.
    private func lines(_ components: [ComponentIdentifier], of request: SignableRequest) throws -> [String] {
        let text = try SignatureBase.text(for: .request(request), SignatureParameters(components: components))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test("Fields are combined, trimmed and unfolded as section 2.1 shows")
    func fields() throws {
        let request = SignableRequest(
            method: "GET", authority: "www.example.com", path: "/",
            fields: [
                HTTPField("Host", "www.example.com"),
                HTTPField("X-OWS-Header", "  Leading and trailing whitespace.\t"),
                HTTPField("X-Obs-Fold-Header", "Obsolete\r\n    line folding."),
                HTTPField("Cache-Control", "max-age=60"), HTTPField("cache-control", "   must-revalidate"),
                HTTPField("X-Empty-Header", ""),
            ])
        let names = ["host", "x-ows-header", "x-obs-fold-header", "cache-control", "x-empty-header"]
        #expect(
            try lines(names.map { .field($0) }, of: request) == [
                #""host": www.example.com"#, #""x-ows-header": Leading and trailing whitespace."#,
                #""x-obs-fold-header": Obsolete line folding."#,
                #""cache-control": max-age=60, must-revalidate"#, #""x-empty-header": "#,
            ])
    }

    @Test("Members of a dictionary are serialized anew, as section 2.1.2 shows")
    func dictionaryMembers() throws {
        let request = SignableRequest(
            method: "GET", authority: "a", path: "/",
            fields: [HTTPField("Example-Dict", "a=1, b=2;x=1;y=2, c=(a   b    c), d")])
        let components = ["a", "d", "b", "c"].map {
            ComponentIdentifier("example-dict", [("key", .string($0))])
        }
        #expect(
            try lines(components, of: request) == [
                #""example-dict";key="a": 1"#, #""example-dict";key="d": ?1"#,
                #""example-dict";key="b": 2;x=1;y=2"#, #""example-dict";key="c": (a b c)"#,
            ])
    }

    @Test("Fields wrapped as bytes keep their lines apart, as section 2.1.3 shows")
    func binaryWrapping() throws {
        let components = [ComponentIdentifier("example-header", [("bs", .boolean(true))])]
        let apart = SignableRequest(
            method: "GET", authority: "a", path: "/",
            fields: [
                HTTPField("Example-Header", "value, with, lots"), HTTPField("Example-Header", "of, commas"),
            ])
        #expect(
            try lines(components, of: apart)
                == [#""example-header";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"#])
    }

    @Test("Trailers are taken only with tr, as section 2.1.4 shows")
    func trailers() throws {
        let response = SignableResponse(
            status: 200, fields: [HTTPField("Trailer", "Expires")],
            trailers: [HTTPField("Expires", "Wed, 9 Nov 2022 07:28:00 GMT")])
        let trailer = ComponentIdentifier("expires", [("tr", .boolean(true))])
        let text = try SignatureBase.text(
            for: .response(response), SignatureParameters(components: [.status, .field("trailer"), trailer]))
        #expect(text.hasPrefix("\"@status\": 200\n\"trailer\": Expires\n\"expires\";tr: Wed, 9 Nov 2022"))
        #expect(throws: HTTPSignatureError.component("expires", reason: "not in the message")) {
            try SignatureBase.text(
                for: .response(response), SignatureParameters(components: [.field("expires")]))
        }
    }

    @Test("Derived components of an address are normalized")
    func derived() throws {
        let request = try SignableRequest(method: "POST", url: "HTTPS://WWW.Example.com:443/path?param=value")
        let target = ComponentIdentifier("@request-target")
        #expect(
            try lines([.method, .targetURI, .authority, .scheme, target, .path, .query], of: request) == [
                #""@method": POST"#, #""@target-uri": https://www.example.com/path?param=value"#,
                #""@authority": www.example.com"#, #""@scheme": https"#,
                #""@request-target": /path?param=value"#, #""@path": /path"#, #""@query": ?param=value"#,
            ])
        let bare = try SignableRequest(method: "GET", url: "http://example.com:8080")
        #expect(
            try lines([.authority, .path, .query], of: bare)
                == [#""@authority": example.com:8080"#, #""@path": /"#, #""@query": ?"#])
    }

    @Test("Query parameters are recoded, as section 2.2.8 shows")
    func queryParameters() throws {
        let plain = try SignableRequest(
            method: "GET", url: "https://www.example.com/path?param=value&foo=bar&baz=batman&qux=")
        #expect(
            try lines(["baz", "qux", "param"].map { .queryParameter($0) }, of: plain) == [
                #""@query-param";name="baz": batman"#, #""@query-param";name="qux": "#,
                #""@query-param";name="param": value"#,
            ])
        let odd = try SignableRequest(
            method: "GET",
            url: "https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&"
                + "bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something")
        #expect(
            try lines(["var", "bar", "fa%C3%A7ade%22%3A%20"].map { .queryParameter($0) }, of: odd) == [
                #""@query-param";name="var": this%20is%20a%20big%0Amultiline%20value"#,
                #""@query-param";name="bar": with%20plus%20whitespace"#,
                #""@query-param";name="fa%C3%A7ade%22%3A%20": something"#,
            ])
    }

    @Test(
        "A query parameter that is missing or repeated cannot be signed", arguments: ["a=1&a=2", "b=1", ""])
    func ambiguousQueryParameter(query: String) throws {
        let request = SignableRequest(method: "GET", authority: "a", path: "/", query: query)
        #expect(throws: HTTPSignatureError.self) { try lines([.queryParameter("a")], of: request) }
    }

    @Test(
        "Identifiers that make no sense are refused",
        arguments: [
            ComponentIdentifier("@signature-params"), .status, .method.ofRequest,
            ComponentIdentifier("@unknown"),
            ComponentIdentifier("Date"), .field("absent"),
            ComponentIdentifier("date", [("xx", .boolean(true))]),
            ComponentIdentifier("date", [("sf", .boolean(true))]),
            ComponentIdentifier("@method", [("bs", .integer(1))]),
            ComponentIdentifier("@path", [("key", .string("a"))]), ComponentIdentifier(""),
        ])
    func senseless(component: ComponentIdentifier) {
        let request = SignableRequest(
            method: "GET", authority: "a", path: "/", fields: [HTTPField("Date", "today")])
        #expect(throws: HTTPSignatureError.self) { try lines([component], of: request) }
    }

    @Test("A component cannot be covered twice, whatever the order of its parameters")
    func duplicates() {
        let request = SignableRequest(
            method: "GET", authority: "a", path: "/", fields: [HTTPField("D", "a=1")])
        let one = ComponentIdentifier("d", [("key", .string("a")), ("sf", .boolean(true))])
        let other = ComponentIdentifier("d", [("sf", .boolean(true)), ("key", .string("a"))])
        #expect(throws: HTTPSignatureError.component("d", reason: "covered twice")) {
            try lines([one, other], of: request)
        }
    }

    @Test("A value cannot forge a further line", arguments: ["a\nb", "a\r\nb", "a\u{0}", "é", "a\u{7f}"])
    func forgedLines(value: String) {
        let request = SignableRequest(
            method: "GET", authority: "a", path: "/", fields: [HTTPField("X", value)])
        #expect(throws: HTTPSignatureError.self) { try lines([.field("x")], of: request) }
    }

    @Test(
        "Addresses without scheme or host, or with a user, are refused",
        arguments: ["/a", "://a", "http://", "http://u@h/"])
    func addresses(url: String) {
        #expect(throws: HTTPSignatureError.self) { try SignableRequest(method: "GET", url: url) }
    }
}
