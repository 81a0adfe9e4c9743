import Foundation
import Testing

@testable import Payments
@testable import Portal

@Suite("Pages of orders and debts for staff")
struct RepaymentPageTests {
    @Test("Operations propose that payments go on, another person agrees, and the company is active again")
    func resumed() async throws {
        try await SiteFixture.with { site in
            let number = try await site.openCompany()
            let operations = try await site.staff("YY9001", .operations, .national, mobile: "13900009101")
            let address = "/admin/enterprises/\(number)/receivable"
            #expect(try await operations.get(address).body.contains("没有欠款，付款没有停止"))
            try await site.owner.execute("UPDATE enterprises SET state = 'outgoingStopped'")
            try await operations.get(address)
            let bad = try await operations.post(address + "/propose", ["amount": "x", "reason": ""])
            #expect(bad.status == .unprocessableContent && bad.body.contains("请填写原因"))
            let much = try await operations.post(address + "/propose", ["amount": "1.00", "reason": "核实无误"])
            #expect(much.status == .unprocessableContent && much.body.contains("还款金额超过欠款"))
            let sent = try await operations.post(address + "/propose", ["amount": "0", "reason": "核实无误"])
            #expect(sent.status == .seeOther && sent.location == address)
            let waiting = try await operations.get(address)
            let request = try #require(waiting.body.firstMatch(of: #/RP20[0-9A-Z]+/#)).0
            let decision = ["number": String(request), "version": "1", "decision": "grant"]
            #expect(waiting.body.contains("由您提出，等待他人复核") && !waiting.body.contains("name=\"decision\""))
            let old = ["command": "11111111-1111-4111-8111-111111111111"]
            let own = try await operations.post(address + "/decide", decision.merging(old) { $1 })
            #expect(own.status == .unprocessableContent && own.body.contains("须由他人复核"))
            let supervisor = try await site.staff("SH9101", .supervisor, mobile: "13900009102")
            #expect(try await supervisor.get("/admin").body.contains(address))
            try await supervisor.get(address)
            var back = decision
            back["decision"] = "return"
            let refused = try await supervisor.post(address + "/decide", back)
            #expect(refused.status == .unprocessableContent && refused.body.contains("请填写退回原因"))
            // A double click decides once, and is no error.
            for _ in 1...2 {
                #expect(try await supervisor.post(address + "/decide", decision).status == .seeOther)
            }
            let state = try await site.owner.query("SELECT state FROM enterprises").only()
            #expect(try state.decode("state", as: String.self) == "active")
            let late = try await supervisor.post(address + "/decide", decision.merging(old) { $1 })
            #expect(late.status == .unprocessableContent && late.body.contains("已由他人处理"))
        }
    }

    @Test("An order is found by its number within the region only, and looking at it is recorded")
    func order() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let ordered = try await clerk.post("/account/top-ups", ["amount": "100.00", "bank": "ICBC"])
            let number = try #require(ordered.location.firstMatch(of: #/TP20[0-9A-Z]+/#)).0
            let auditor = try await site.staff("SJ9001", .auditor, .national, mobile: "13900009201")
            let found = try await auditor.get("/admin/orders?q=\(number.lowercased())")
            #expect(found.body.contains("/admin/orders/\(number)"))
            let page = try await auditor.get("/admin/orders/\(number)")
            #expect(page.status == .ok && page.body.contains("提交订单") && page.body.contains("还没有分录"))
            let viewed = try await site.owner.query(
                "SELECT subject FROM audit_events WHERE action = 'orderViewed'")
            #expect(try viewed.map { try $0.decode("subject", as: String.self) } == [String(number)])
            let elsewhere = try await site.staff(
                "SJ9002", .supervisor, .city("430200"), mobile: "13900009202")
            #expect(try await elsewhere.get("/admin/orders?q=\(number)").body.contains("没有找到订单"))
            #expect(try await elsewhere.get("/admin/orders/\(number)").status == .notFound)
            let manager = try await site.staff("KH9101", .accountManager, mobile: "13900009203")
            #expect(try await manager.get("/admin/orders/\(number)").status == .forbidden)
        }
    }
}
