import Foundation
import HTTPTypes
import Postgres
import Testing

@testable import Payments
@testable import Portal

@Suite("提醒与消息 and 对账 of a clerk")
struct MessagePageTests {
    @Test("Unread messages are counted on each page; looking at the list reads none, opening one reads it")
    func reading() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            #expect(try await clerk.get("/account").body.contains("消息（1 条未读）"))
            let list = try await clerk.get("/account/messages")
            #expect(list.body.contains("账户已激活"))
            #expect(try await clerk.get("/account/messages").body.contains("消息（1 条未读）"))
            let id: Int64 = try await site.owner.query("SELECT id FROM inbox_messages").only()["id"]
            let opened = try await clerk.post("/account/messages/\(id)/reading")
            #expect(opened.status == .seeOther && opened.location == "/account/messages")
            let after = try await clerk.get("/account/messages")
            #expect(!after.body.contains("条未读") && after.body.contains("已读"))
            #expect(try await clerk.get("/account/messages?show=unread").body.contains("没有未读消息"))
        }
    }

    @Test("A message of an order leads to it; somebody else's is not found")
    func opening() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let ordered = try await clerk.post("/account/top-ups", ["amount": "100.00", "bank": "ICBC"])
            let id: Int64 = try await site.owner.transaction { connection in
                _ = try connection.query(
                    """
                    SELECT tell_operators(enterprise_id, 'topUpClosed', id, amount, \(site.clock.now)) FROM orders
                    """)
                return try connection.query("SELECT max(id) AS id FROM inbox_messages").only()["id"]
            }
            try await clerk.get("/account/messages")
            let opened = try await clerk.post("/account/messages/\(id)/reading")
            #expect(opened.location == ordered.location && ordered.status == .seeOther)
            for unknown in ["\(id + 1)", "x"] {
                try await clerk.get("/account/messages")
                #expect(try await clerk.post("/account/messages/\(unknown)/reading").status == .notFound)
            }
        }
    }

    @Test("全部已读 marks what the list showed, and nothing that came after it")
    func readAll() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/messages")
            _ = try await site.owner.query(
                "SELECT tell_operators(id, 'accountResumed', NULL, NULL, \(site.clock.now)) FROM enterprises")
            let marked = try await clerk.post("/account/messages/reading")
            #expect(marked.location == "/account/messages")
            #expect(try await clerk.get("/account/messages").body.contains("消息（1 条未读）"))
            #expect(try await clerk.post("/account/messages/reading", ["through": "x"]).status == .badRequest)
        }
    }

    @Test("对账 is of this month, of the month chosen or of the days chosen, and wrong days are refused")
    func reconciliation() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let month = try await clerk.get("/account/reconciliation")
            #expect(month.status == .ok && month.body.contains("2026-11-01 至 2026-11-23"))
            #expect(month.body.contains("/account/reconciliation?from=2026-02-01&amp;until=2026-02-28"))
            let days = try await clerk.get("/account/reconciliation?from=2026-02-01&until=2026-02-28")
            #expect(days.body.contains("2026-02-01 至 2026-02-28"))
            for bad in [
                "from=2026-99-99", "from=2024-01-01&until=2026-01-01", "from=2026-03-01&until=2026-02-01",
            ] {
                let answer = try await clerk.get("/account/reconciliation?\(bad)")
                #expect(answer.status == .unprocessableContent && answer.title.hasPrefix("错误："))
                #expect(!answer.body.contains("账户变动"))
                let export = try await clerk.get("/account/reconciliation/export.csv?\(bad)")
                #expect(export.location == "/account/reconciliation?\(bad)")
            }
            let file = try await clerk.get("/account/reconciliation/export.csv")
            #expect(file.status == .ok && file.body.contains("\"期末余额\",\"\",\"\",\"0.00\""))
        }
    }

    @Test("交易明细 of a day that is none shows the error and no list")
    func badDay() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let answer = try await site.clerk().get("/account/transactions?from=2026-99-99")
            #expect(answer.status == .unprocessableContent && !answer.body.contains("没有符合条件的交易"))
        }
    }
}
