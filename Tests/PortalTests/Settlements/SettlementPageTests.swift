import HTTPTypes
import Postgres
import Testing

@testable import Payments
@testable import Portal

@Suite("收费单位结算")
struct SettlementPageTests {
    /// A settlement of one payment of 42 yuan that waits for people, of a biller with an account; gives its number.
    private static func collected(_ site: SiteFixture) async throws -> String {
        let merchant = try await site.openCompany()
        try await site.platform.billers.register(
            Biller(
                code: "CSWATER", name: "长沙清源水务", cityCode: "430100", billItem: "water", amountRule: .exact,
                numberLabel: "户号", numberPattern: "[0-9]{8}", numberHint: "8 位数字", least: Money(fen: 1),
                most: Money(fen: 10_000_000), address: "http://biller.example"))
        try await site.platform.billers.registerAccount(
            BankAccountNumber(entered: "4300123456785678"), at: "ICBC",
            lineNumber: BankLineNumber(entered: "105100000017"), holderName: "长沙清源水务",
            licenceNumber: CreditCode(entered: "91430100MA4L0002XB"), of: "CSWATER")
        try await site.owner.execute(
            """
            WITH made AS (
                INSERT INTO orders (
                    kind, number, enterprise_id, operator_id, amount, counterparty, state, write_off, is_final, created_at,
                    state_since)
                SELECT 'billPayment', 'BP20261122ABCDEFGHJKMN', e.id, o.id, 4200, '长沙清源水务', 'paid', 'writtenOff', true,
                    e.opened_at, e.opened_at
                FROM enterprises e JOIN operators o ON o.enterprise_id = e.id WHERE e.merchant_number = \(merchant)
                RETURNING id, enterprise_id, operator_id, created_at
            ), asked AS (
                INSERT INTO bill_queries (
                    number, enterprise_id, operator_id, biller_code, customer_number, asked_at, outcome)
                SELECT 'BQ20261122ABCDEFGHJKMN', enterprise_id, operator_id, 'CSWATER', '10012345', created_at, 'answered'
                FROM made RETURNING id
            )
            INSERT INTO bill_payments (
                order_id, biller_code, customer_number, customer_name, bill_query_id, bills, arrears, prepaid, agreed_on)
            SELECT made.id, 'CSWATER', '10012345', '长沙**公司', asked.id, '[]', 4200, 0, DATE '2026-11-22' FROM made, asked
            """)
        try await site.platform.billerSettlements.collect(LocalDate(site.clock.now))
        return try await site.owner.query("SELECT number FROM biller_settlements").only()["number"]
    }

    @Test("A settlement is found, proposed, and paid by another person; nobody agrees with himself")
    func agreed() async throws {
        try await SiteFixture.with { site in
            let number = try await Self.collected(site)
            let address = "/admin/settlements/\(number)"
            let person = try await site.staff("YY9001", .operations, .national, mobile: "13900009011")
            #expect(try await person.get("/admin").body.contains("待付款申请的收费单位结算"))
            #expect(try await person.get("/admin/settlements").body.contains(address))
            #expect(try await !person.get("/admin/settlements?state=paid").body.contains(address))
            let page = try await person.get(address)
            #expect(page.body.contains("尾号 5678") && page.body.contains("42.00"))
            let file = try await person.get(address + "/lines.csv")
            #expect(
                file.body.contains("\"BP20261122ABCDEFGHJKMN\",\"10012345\",\"\",\"2026-11-22\",\"42.00\""))
            try await person.get(address)
            #expect(try await person.post(address + "/proposal").location == address)
            let proposed = try await person.get(address).body
            #expect(proposed.contains("等待他人复核") && !proposed.contains("提交付款申请</button>"))
            let own = try await person.post(
                address + "/approval",
                ["version": "4", "command": CommandID(effects: site.platform.effects).text])
            #expect(own.status == .unprocessableContent && own.body.contains("须由另一人复核"))
            let other = try await site.staff("SH9002", .supervisor, mobile: "13900009012")
            #expect(try await other.get("/admin").body.contains("待复核的收费单位结算"))
            try await other.get(address)
            let refused = try await other.post(address + "/return", ["reason": " "])
            #expect(refused.status == .unprocessableContent && refused.title.hasPrefix("错误："))
            let stale = try await other.post(address + "/approval", ["version": "1"])
            #expect(stale.status == .unprocessableContent && stale.body.contains("以下为最新内容"))
            try await other.get(address)
            #expect(try await other.post(address + "/return", ["reason": "金额有疑问"]).location == address)
            #expect(try await other.get(address).body.contains("金额有疑问"))
            try await person.get(address)
            #expect(try await person.post(address + "/proposal").location == address)
            try await other.get(address)
            #expect(try await other.post(address + "/approval").location == address)
            #expect(try await other.get(address).body.contains("待付款"))
        }
    }

    @Test("What nothing else closes is closed by operations of the biller's region, with a reason")
    func resolved() async throws {
        try await SiteFixture.with { site in
            let number = try await Self.collected(site)
            let address = "/admin/settlements/\(number)"
            let item: Int64 = try await site.owner.query(
                """
                INSERT INTO work_items (kind, settlement_id, detail, raised_at)
                SELECT 'billerSettlement.notifiedLate', id, '订单已了结，银行又通知 00', created_at FROM biller_settlements
                RETURNING id
                """
            ).only()["id"]
            let elsewhere = try await site.staff(
                "YY9005", .operations, .city("440100"), mobile: "13900009016")
            #expect(try await !elsewhere.get("/admin").body.contains("银行又通知"))
            #expect(
                try await elsewhere.post(
                    address + "/resolution", ["items": "\(item)", "resolution": "已核实"]
                ).status == .notFound)
            let person = try await site.staff("YY9006", .operations, .city("430100"), mobile: "13900009017")
            #expect(try await person.get("/admin").body.contains("银行又通知"))
            #expect(try await !person.get(address).body.contains("处理完毕"))
            let early = try await person.post(
                address + "/resolution", ["items": "\(item)", "resolution": "已核实"])
            #expect(early.status == .unprocessableContent && early.body.contains("将随之自动关闭"))
            try await site.owner.execute("UPDATE biller_settlements SET state = 'carriedForward'")
            #expect(try await person.get(address).body.contains("name=\"items\" value=\"\(item)\""))
            let silent = try await person.post(
                address + "/resolution", ["items": "\(item)", "resolution": " "])
            #expect(silent.status == .unprocessableContent && silent.body.contains("请填写处理说明"))
            for _ in 1...2 {
                let done = try await person.post(
                    address + "/resolution", ["items": "\(item)", "resolution": "已与银行核实"])
                #expect(done.status == .seeOther && done.location == address)
                try await person.get(address)
            }
            #expect(try await !person.get("/admin").body.contains("银行又通知"))
            let auditor = try await site.staff("SJ9007", .auditor, .national, mobile: "13900009018")
            #expect(
                try await auditor.post(address + "/resolution", ["items": "1", "resolution": "x"]).status
                    == .forbidden)
        }
    }

    @Test("Older messages of the bank are one link away")
    func messages() async throws {
        try await SiteFixture.with { site in
            let address = "/admin/settlements/\(try await Self.collected(site))"
            try await site.owner.execute(
                """
                INSERT INTO bank_messages (at, direction, kind, settlement_id, content)
                SELECT s.created_at, 'received', 'query', s.id, jsonb_build_object('queryId', 'serial' || n || '.')
                FROM biller_settlements s, generate_series(1, \(Int64(KeptBankMessage.pageSize + 1))) AS n
                """)
            let person = try await site.staff("YY9009", .operations, .national, mobile: "13900009020")
            let newest = try await person.get(address).body
            #expect(!newest.contains("serial1.") && newest.contains("serial2."))
            let link = try #require(newest.firstMatch(of: #/href="([^"#]+)#messages" rel="next">更早的报文/#))
            let older = try await person.get(String(link.1)).body
            #expect(older.contains("serial1.") && !older.contains("serial2."))
            #expect(older.contains("href=\"\(address)#messages\">最新的报文"))
            #expect(older.contains("尾号 5678"))
            #expect(try await person.get(address + "?before=x").body.contains("serial2."))
        }
    }

    @Test("Payments of companies that the reader's region does not reach have no link")
    func links() async throws {
        try await SiteFixture.with { site in
            let number = try await Self.collected(site)
            let address = "/admin/settlements/\(number)"
            let link = "/admin/orders/BP20261122ABCDEFGHJKMN"
            let person = try await site.staff("YY9008", .operations, .city("430100"), mobile: "13900009019")
            #expect(try await person.get(address).body.contains(link))
            try await site.owner.execute("UPDATE enterprises SET city_code = '440100'")
            let page = try await person.get(address).body
            #expect(page.contains("BP20261122ABCDEFGHJKMN") && !page.contains(link))
        }
    }

    @Test("Who acts elsewhere does not see it, and who has nothing to do with it is kept out")
    func reach() async throws {
        try await SiteFixture.with { site in
            let number = try await Self.collected(site)
            let address = "/admin/settlements/\(number)"
            let elsewhere = try await site.staff(
                "YY9002", .operations, .city("440100"), mobile: "13900009013")
            #expect(try await elsewhere.get(address).status == .notFound)
            #expect(try await elsewhere.get(address + "/lines.csv").status == .notFound)
            #expect(try await !elsewhere.get("/admin/settlements").body.contains(address))
            let manager = try await site.staff("KH9003", .accountManager, mobile: "13900009014")
            #expect(try await manager.get(address).status == .forbidden)
            let auditor = try await site.staff("SJ9004", .auditor, .national, mobile: "13900009015")
            let page = try await auditor.get(address)
            #expect(page.status == .ok && !page.body.contains("提交付款申请</button>"))
            #expect(try await auditor.post(address + "/proposal").status == .forbidden)
        }
    }
}
