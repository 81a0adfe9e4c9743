import HTTPTypes
import Testing

@testable import Portal

@Suite("The way to the bank")
struct BankHandOffTests {
    @Test(
        "前往银行付款 leads to a page that may be reloaded: the same form, one event, a way out to the bank only there"
    )
    func handsOver() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let order = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"]).location
            #expect(order.hasPrefix("/account/top-ups/TP"))
            // Before the hand-off nobody would ask the bank about a payment.
            let early = try await clerk.get(order + "/bank")
            #expect(early.status == .seeOther && early.location == order)
            let confirmation = try await clerk.get(order)
            #expect(confirmation.headers[.contentSecurityPolicy]?.contains("bank.example") == false)

            let answer = try await clerk.post(order + "/hand-off")
            #expect(answer.status == .seeOther && answer.location == order + "/bank")
            let page = try await clerk.get(order + "/bank")
            #expect(page.status == .ok)
            #expect(page.body.contains("action=\"http://bank.example/"))
            let policy = page.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.contains("form-action 'self' http://bank.example;"))
            site.clock.advance(60)
            // Reloaded, and the button pressed once more in another tab.
            #expect(try await clerk.get(order + "/bank").body == page.body)
            try await clerk.get(order)
            #expect(try await clerk.post(order + "/hand-off").location == order + "/bank")
            #expect(try await clerk.get(order + "/bank").body == page.body)
            let events: [String] = try await site.owner.query(
                "SELECT event FROM order_events ORDER BY sequence"
            )
            .map { try $0["event"] }
            #expect(events == ["ordered", "handedOff"])

            try await clerk.get(order)
            #expect(try await clerk.post(order + "/cancellation").location == order)
            #expect(try await clerk.get(order + "/bank").location == order)
            #expect(try await clerk.get("/account/top-ups/TP20261123ABCDEFGHJKMN/bank").status == .notFound)
        }
    }
}
