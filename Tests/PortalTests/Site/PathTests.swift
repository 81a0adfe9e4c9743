import Testing

@testable import Portal

@Suite("Addresses")
struct PathTests {
    @Test("An address is put together from its parts and percent-encoded")
    func encodes() {
        #expect(Path.home.text == "/")
        #expect(Path.topUp("TP1").text == "/account/top-ups/TP1")
        #expect(Path.topUp(.number).text == "/account/top-ups/:number")
        #expect(Path.enterprise("a/b ?").text == "/admin/enterprises/a%2Fb%20%3F")
        #expect(Path.login.with("back", "/account").text == "/login?back=%2Faccount")
        #expect(Path.login.with("back", nil).with("x", "").text == "/login")
        #expect(
            Path.enterprises.with("q", "长沙&").with("after", "1").text
                == "/admin/enterprises?q=%E9%95%BF%E6%B2%99%26&after=1")
    }

    @Test("A pattern takes the addresses that fit it, and what it gives is put together anew")
    func matches() {
        let pattern = Path.topUp(.number)
        #expect(pattern.matching("/account/top-ups/TP20261123ABC")?.text == "/account/top-ups/TP20261123ABC")
        #expect(pattern.matching("/account/top-ups/TP1#y")?.text == "/account/top-ups/TP1")
        #expect(Path.home.matching("/") == nil)
    }

    @Test("A query goes along, encoded anew; a broken or endless one is dropped")
    func keepsQuery() {
        func matched(_ query: String) -> String? {
            Path.transactions.matching("/account/transactions" + query)?.text
        }
        #expect(matched("?from=2026-11-01&order=TP1#y") == "/account/transactions?from=2026-11-01&order=TP1")
        #expect(matched("?q=%E9%95%BF+%26&empty=") == "/account/transactions?q=%E9%95%BF%20%26")
        #expect(
            matched("?a=<script>&b=//evil.example%0d%0aX:1")
                == "/account/transactions?a=%3Cscript%3E&b=%2F%2Fevil.example%0D%0AX%3A1")
        #expect(matched("?q=%zz") == "/account/transactions")
        #expect(matched("?q=" + String(repeating: "a", count: 1100)) == "/account/transactions")
    }

    @Test(
        "Hostile or foreign text is no address of ours",
        arguments: [
            "", "account", "//evil.example", "https://evil.example/account", "/account/top-ups/..",
            "/\\evil.example",
            "/account/top-ups/%2e%2e", "/account/top-ups/", "/account/top-ups/a/b", "javascript:alert(1)",
            "/account/top-ups/\u{0}", "/account/top-ups/<script>", "/account /x",
            "/account/top-ups/" + String(repeating: "a", count: 65),
        ])
    func refusesHostile(text: String) {
        #expect(Path.topUp(.number).matching(text) == nil)
        #expect(Path.account.matching(text) == nil)
    }
}
