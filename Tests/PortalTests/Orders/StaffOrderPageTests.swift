import HTTPTypes
import Testing

@testable import Payments
@testable import Portal

@Suite("订单查询")
struct StaffOrderPageTests {
    /// An ended top-up with an open item, and its page.
    private static func left(_ site: SiteFixture) async throws -> String {
        try await site.openCompany()
        let clerk = try await site.clerk()
        try await clerk.get("/account/top-ups/new")
        let order = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"]).location
        let number = order.split(separator: "/").last.map(String.init) ?? ""
        let row = try await site.owner.query("SELECT enterprise_id, operator_id FROM orders").only()
        try await site.platform.topUps.cancel(
            number,
            by: Clerk(
                enterprise: try row["enterprise_id"], person: try row["operator_id"],
                origin: Origin(address: "127.0.0.1", requestID: "test")))
        let state = try await site.owner.query("SELECT state, is_final FROM orders").only()
        #expect(try state["state"] == "closed" && state["is_final"])
        try await site.owner.execute(
            """
            INSERT INTO work_items (kind, order_id, detail, raised_at)
            SELECT 'topUp.contradicted', id, '订单已了结，银行又通知 00', created_at FROM orders
            """)
        return "/admin/orders/\(number)"
    }

    @Test("Operations close an item of an ended order with a reason; others only read it")
    func resolved() async throws {
        try await SiteFixture.with { site in
            let address = try await Self.left(site)
            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000012")
            let read = try await supervisor.get(address)
            #expect(read.body.contains("银行又通知") && !read.body.contains("处理完毕"))
            let refused = try await supervisor.post(
                address + "/resolution", ["items": "1", "resolution": "x"])
            #expect(refused.status == .forbidden)

            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            #expect(try await person.get("/admin").body.contains("银行又通知"))
            let items = try await site.owner.query("SELECT id FROM work_items").map {
                try $0.decode("id", as: Int64.self)
            }
            let page = try await person.get(address)
            #expect(page.body.contains("name=\"items\" value=\"\(items[0])\"") && page.body.contains("处理完毕"))
            let silent = try await person.post(
                address + "/resolution", ["items": "\(items[0])", "resolution": " "])
            #expect(silent.status == .unprocessableContent && silent.title.hasPrefix("错误："))
            #expect(silent.body.contains("请填写处理说明"))
            for _ in 1...2 {
                let done = try await person.post(
                    address + "/resolution", ["items": "\(items[0])", "resolution": "已与银行核实"])
                #expect(done.status == .seeOther && done.location == address)
                try await person.get(address)
            }
            #expect(try await !person.get(address).body.contains("处理完毕"))
            #expect(try await !person.get("/admin").body.contains("银行又通知"))
            let nobody = try await person.post(
                "/admin/orders/TP20261123NOBODY00001/resolution", ["items": "1", "resolution": "x"])
            #expect(nobody.status == .notFound)
        }
    }

    @Test("An item of an order that goes on cannot be closed by hand")
    func goesOn() async throws {
        try await SiteFixture.with { site in
            let address = try await Self.left(site)
            try await site.owner.execute(
                """
                SELECT open_difference(
                    'DF20261123ABCDEFGHJKMN', 'unionpay-b2b', 'feeDiffers', DATE '2026-11-23', id, '1', amount, amount,
                    '手续费', 'none', 0, 'found', created_at)
                FROM orders
                """)
            let person = try await site.staff("YY0001", .operations, .national, mobile: "13900000011")
            #expect(try await !person.get(address).body.contains("处理完毕"))
            let refused = try await person.post(address + "/resolution", ["items": "1", "resolution": "已核实"])
            #expect(refused.status == .unprocessableContent && refused.body.contains("将随之自动关闭"))
        }
    }
}
