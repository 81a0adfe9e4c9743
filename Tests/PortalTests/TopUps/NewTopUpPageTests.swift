import HTTPTypes
import Testing

@testable import Payments
@testable import Portal

@Suite("充值: amount and bank")
struct NewTopUpPageTests {
    @Test("The bank used last comes first, then eight in all that are usual, then the rest by initial")
    func order() throws {
        let picker = BankPicker(
            TopUpChoices(banks: ClerkSamples.topUpBanks, lastUsed: "CCB"), at: ClerkSamples.moment)
        let groups = picker.field.groups
        #expect(groups.map(\.label) == ["上次使用", "常用银行", "拼音 C", "拼音 X"])
        #expect(
            groups.map { $0.options.map(\.value) } == [
                ["CCB"], ["ICBC", "ABC", "BOC", "COMM", "PSBC", "CMB", "SPDB"], ["CSCB"], ["CIB"],
            ])
        #expect(groups.flatMap(\.options).filter(\.isSelected).map(\.value) == ["CCB"])
        // Helpers and people choose by the plain name; only what cannot be chosen says more.
        #expect(
            groups.flatMap(\.options).filter(\.isDisabled).map(\.label) == [
                "中国农业银行（系统维护中，预计 2026-11-23 10:30 恢复）", "中国银行（暂不支持充值）",
            ])
        let resting = BankPicker(
            TopUpChoices(banks: ClerkSamples.topUpBanks, lastUsed: "ABC"), at: ClerkSamples.moment)
        #expect(resting.field.groups.flatMap(\.options).allSatisfy { !$0.isSelected })
    }

    @Test(
        "A search by name, code or initials finds banks that the list leaves out; a single one is chosen",
        arguments: [("衡水", "HSSB"), ("hss", "HSSB"), ("ｃｓｃｂ", "CSCB")])
    func search(text: String, code: String) {
        let picker = BankPicker(
            TopUpChoices(banks: ClerkSamples.topUpBanks, lastUsed: "CCB"), search: text,
            at: ClerkSamples.moment)
        #expect(picker.field.groups.flatMap(\.options).map(\.value) == [code])
        #expect(picker.field.groups.flatMap(\.options).map(\.isSelected) == [true])
        #expect(picker.found == "找到 1 家银行")
    }

    @Test("Without JavaScript the search is a page of its own that keeps the amount")
    func searchesByAddress() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            let page = try await clerk.get("/account/top-ups/new?amount=12.34&q=wfyh")
            #expect(page.body.contains("<option value=\"BANKWF\" disabled>潍坊银行（暂不支持充值）</option>"))
            #expect(page.body.contains("value=\"12.34\" inputmode=\"decimal\""))
            #expect(!page.body.contains("value=\"CCB\""))
            let found = try await clerk.get("/account/top-ups/new?amount=12.34&q=csyh")
            #expect(found.body.contains("<option value=\"CSCB\" selected>长沙银行</option>"))
            #expect(try await clerk.get("/account/top-ups/new?q=nobody").body.contains("没有找到"))
        }
    }

    @Test(
        "A second open top-up of the same amount is warned of with a link to the first, and goes on knowingly"
    )
    func warns() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let first = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"]).location
            try await clerk.get("/account/top-ups/new")
            let warning = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "ICBC"])
            #expect(warning.status == .unprocessableContent)
            #expect(warning.body.contains("href=\"\(first)\"") && warning.body.contains(">仍要充值</button>"))
            #expect(warning.body.contains("<option value=\"ICBC\" selected>"))
            let second = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "ICBC"])
            #expect(second.status == .seeOther && second.location != first)
        }
    }

    @Test("A bank that is reached by the gateway's page is announced before and on the way")
    func byGateway() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let order = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CSCB"]).location
            #expect(try await clerk.get(order).body.contains("请在那里选择长沙银行"))
            try await clerk.post(order + "/hand-off")
            let page = try await clerk.get(order + "/bank").body
            #expect(page.contains("先到银联网关页面选择长沙银行") && !page.contains("name=\"issInsCode\""))
        }
    }

    @Test(
        "Cancelling at the bank says that it is not final; the page of the order that is closing says until when"
    )
    func cancelling() async throws {
        try await SiteFixture.with { site in
            try await site.openCompany()
            let clerk = try await site.clerk()
            try await clerk.get("/account/top-ups/new")
            let order = try await clerk.post("/account/top-ups", ["amount": "100", "bank": "CCB"]).location
            try await clerk.get(order)
            try await clerk.post(order + "/hand-off")
            #expect(try await clerk.get(order).body.contains("取消后不能立即关闭"))
            try await clerk.post(order + "/cancellation")
            let closing = try await clerk.get(order).body
            #expect(closing.contains("data-state=\"closing\"") && closing.contains("付款截止前银行仍可能扣款"))
            // Ordered at 10:00; the bank takes the payment for three days.
            #expect(closing.contains("<dt>付款截止</dt><dd class=\"number\">2026-11-26 10:00</dd>"))
            #expect(closing.contains("<dt>下次向银行核实</dt>"))
            #expect(!closing.contains("再次充值") && !closing.contains("取消订单</button>"))
        }
    }
}
