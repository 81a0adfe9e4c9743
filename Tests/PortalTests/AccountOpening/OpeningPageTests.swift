import HTTPTypes
import Hummingbird
@testable import Payments
import Testing

@testable import Portal

@Suite("开户 and 待审核 on the site")
struct OpeningPageTests {
    @Test("An application goes from the account manager to the reviewer and becomes a company")
    func opensCompany() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            let form = try await manager.get("/admin/enterprises/new")
            #expect(form.title == "开户 – 企业缴费门户")
            for label in [
                "单位名称", "统一社会信用代码", "法定代表人（负责人）", "授权经办人", "手机号", "所在城市", "已开通企业网银",
                "开户银行", "联行号", "账号", "户名", "登录ID",
            ] {
                #expect(form.body.contains(">\(label)</label>"), "\(label)")
            }
            #expect(form.body.contains(">提交审核</button>"))
            let submitted = try await manager.post("/admin/enterprises", SiteFixture.openingForm())
            #expect(submitted.status == .seeOther)
            let waiting = try await manager.get(submitted.location)
            #expect(waiting.body.contains("待审核") && waiting.body.contains("等待审核员审核"))
            #expect(!waiting.body.contains(">通过</button>"))
            #expect(try await manager.get("/admin").body.contains("等待审核的申请"))

            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000002")
            #expect(try await supervisor.get("/admin").body.contains("待我审核"))
            let list = try await supervisor.get("/admin/approvals")
            #expect(list.body.contains("长沙示例实业有限公司"))
            #expect(list.body.contains(">通过</button>") && list.body.contains(">退回</button>"))
            let granted = try await supervisor.post("\(submitted.location)/approval")
            #expect(granted.location == submitted.location)
            let done = try await supervisor.get(granted.location)
            #expect(done.body.contains("已通过") && done.body.contains("查看企业"))
            #expect(try await supervisor.get("/admin/approvals").body.contains("没有待审核的申请"))

            let companies = try await supervisor.get("/admin/enterprises?q=示例".addingEncoding)
            #expect(companies.body.contains("长沙示例实业有限公司") && companies.body.contains("待激活"))
            let number: String = try await site.owner.query("SELECT merchant_number FROM enterprises").only()[
                "merchant_number"]
            let company = try await manager.get("/admin/enterprises/\(number)")
            for text in [number, "**** 3456", "138****8000", "changsha01", "待验证"] {
                #expect(company.body.contains(text), "\(text)")
            }
        }
    }

    @Test("A refused form names every fault at once and keeps what was typed")
    func namesFaults() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            try await manager.get("/admin/enterprises/new")
            var fields = SiteFixture.openingForm(name: "<script>alert(1)</script>")
            fields["creditCode"] = "91430100MA4L0002X1"
            fields["operatorMobile"] = "12345"
            fields["cityCode"] = ""
            fields["holderName"] = "别的公司"
            fields["loginID"] = "1x"
            let answer = try await manager.post("/admin/enterprises", fields)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.title == "错误：开户 – 企业缴费门户")
            for sentence in [
                "校验位不符", "手机号应为 11 位", "请选择所在城市", "户名必须与单位名称一致", "登录ID 应为 4 至 32 位",
            ] {
                #expect(answer.body.ranges(of: sentence).count == 2, "\(sentence)")
            }
            #expect(answer.body.contains("value=\"&lt;script&gt;alert(1)&lt;/script&gt;\""))
            #expect(answer.body.contains("value=\"91430100MA4L0002X1\""))
            #expect(!answer.body.contains("<script>alert"))
        }
    }

    @Test("A customer of another region is not shown, and says whom to ask; one of the own region is linked")
    func hidesCustomersElsewhere() async throws {
        try await SiteFixture.with { site in
            let number = try await site.openCompany()
            for (staff, region, city) in [
                ("KH0021", Region.city("430100"), "430100"), ("KH0022", .province("440000"), "440100"),
            ] {
                let manager = try await site.staff(
                    staff, .accountManager, region, mobile: "139000000\(staff.suffix(2))")
                try await manager.get("/admin/enterprises/new")
                var fields = SiteFixture.openingForm(name: "广州别名有限公司", loginID: "other001")
                fields["cityCode"] = city
                let answer = try await manager.post("/admin/enterprises", fields)
                #expect(answer.status == .unprocessableContent)
                let isOwn = city == "430100"
                #expect(answer.body.contains(number) == isOwn)
                #expect(answer.body.contains("长沙示例实业有限公司") == isOwn)
                #expect(answer.body.contains("该统一社会信用代码已被使用，请联系运营员核实") != isOwn)
            }
        }
    }

    @Test("Characters that the bank cannot carry are refused beside the field, with the reason")
    func refusesBankSeparators() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            try await manager.get("/admin/enterprises/new")
            let answer = try await manager.post(
                "/admin/enterprises", SiteFixture.openingForm(name: "长沙甲&乙有限公司"))
            #expect(answer.status == .unprocessableContent)
            for name in ["单位名称", "户名"] {
                #expect(answer.body.ranges(of: "\(name)不能含 &amp; = { } [ ] 等字符，银行报文无法传送").count == 2)
            }
        }
    }

    @Test("Sending the form twice makes one case; the same form with other input is refused")
    func submitsOnce() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            try await manager.get("/admin/enterprises/new")
            let first = try await manager.post("/admin/enterprises", SiteFixture.openingForm())
            let second = try await manager.post("/admin/enterprises", SiteFixture.openingForm())
            #expect(first.location == second.location && second.status == .seeOther)
            #expect(
                try await site.owner.query("SELECT count(*) AS n FROM account_opening_cases").only()["n"] == 1
            )
            let other = try await manager.post(
                "/admin/enterprises", SiteFixture.openingForm(loginID: "changsha02"))
            #expect(other.status == .conflict)
            #expect(try await manager.post("/admin/enterprises", ["command": "x"]).status == .badRequest)
        }
    }

    @Test("A returned case comes back with its reason and masked numbers, is edited and submitted again")
    func returnsAndResubmits() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            try await manager.get("/admin/enterprises/new")
            let location = try await manager.post("/admin/enterprises", SiteFixture.openingForm()).location
            let supervisor = try await site.staff("SH0001", .supervisor, mobile: "13900000002")
            try await supervisor.get(location)
            let unexplained = try await supervisor.post("\(location)/return", ["reason": " "])
            #expect(unexplained.status == .unprocessableContent)
            #expect(unexplained.body.ranges(of: "请填写退回原因").count == 2)
            let returned = try await supervisor.post("\(location)/return", ["reason": "请核对法定代表人"])
            #expect(returned.location == location)

            #expect(try await manager.get("/admin").body.contains("退回给我的申请"))
            let page = try await manager.get(location)
            #expect(page.body.contains("请核对法定代表人") && page.body.contains("修改并重新提交"))
            let number = location.split(separator: "/").last.map(String.init) ?? ""
            let edit = try await manager.get("/admin/openings/\(number)")
            #expect(edit.body.contains("请核对法定代表人"))
            #expect(edit.body.contains("138****8000") && edit.body.contains("尾号 3456"))
            #expect(!edit.body.contains("43001234567890123456") && !edit.body.contains("13800138000"))
            var fields = SiteFixture.openingForm()
            fields["legalRepresentative"] = "王建军"
            fields["accountNumber"] = ""
            fields["operatorMobile"] = ""
            let again = try await manager.post("/admin/openings/\(number)", fields)
            #expect(again.location == location)

            // The page that the reviewer still has open shows the old version: deciding on it does nothing.
            let stale = try await supervisor.post("\(location)/approval", ["version": "1"])
            #expect(stale.status == .unprocessableContent)
            #expect(stale.body.contains("王建军") && stale.body.contains("本次操作没有生效"))
            #expect(try await site.owner.query("SELECT count(*) AS n FROM enterprises").only()["n"] == 0)
            try await supervisor.get(location)
            #expect(try await supervisor.post("\(location)/approval").status == .seeOther)
            let tail: String = try await site.owner.query(
                "SELECT account_number_tail FROM registered_accounts"
            )
            .only()["account_number_tail"]
            #expect(tail == "3456")
        }
    }

    @Test("Whoever wrote the case cannot decide on it under another login, and sees why")
    func refusesOwnCase() async throws {
        try await SiteFixture.with { site in
            let manager = try await site.staff("KH0001", .accountManager, mobile: "13900000001")
            try await manager.get("/admin/enterprises/new")
            let location = try await manager.post("/admin/enterprises", SiteFixture.openingForm()).location
            // The same person, by the mobile number, with a reviewer's login.
            let second = try await site.staff("SH0007", .supervisor, mobile: "13900000001")
            let page = try await second.get(location)
            #expect(page.body.contains("您参与了此申请，不能审核"))
            #expect(!page.body.contains(">通过</button>"))
            let list = try await second.get("/admin/approvals")
            #expect(list.body.contains("长沙示例实业有限公司") && !list.body.contains(">通过</button>"))
            let csrf = try #require(await second.hidden("csrf"))
            let command = CommandID(effects: site.platform.effects).text
            for act in ["approval", "return"] {
                let body = "csrf=\(csrf)&version=1&command=\(command)&reason=x&approved_by=SH0001"
                let answer = try await second.postRaw("\(location)/\(act)", body)
                #expect(answer.status == .unprocessableContent, "\(act)")
                #expect(answer.body.contains("您参与了此申请，不能审核"))
            }
            #expect(try await site.owner.query("SELECT count(*) AS n FROM enterprises").only()["n"] == 0)
        }
    }

    @Test("Cases and companies of another region do not exist for staff")
    func hidesOtherRegions() async throws {
        try await SiteFixture.with { site in
            let merchantNumber = try await site.openCompany()
            let opening: String = try await site.owner.query("SELECT number FROM account_opening_cases")
                .only()[
                    "number"]
            let elsewhere = try await site.staff(
                "SH0008", .supervisor, .province("440000"), mobile: "13900000008")
            let pages = [
                "/admin/enterprises/\(merchantNumber)", "/admin/approvals/\(opening)",
                "/admin/enterprises/M000",
                "/admin/approvals/AONONE",
            ]
            for path in pages {
                let answer = try await elsewhere.get(path)
                #expect(answer.status == .notFound, "\(path)")
                #expect(answer.title == "页面不存在 – 企业缴费门户", "\(path)")
            }
            #expect(try await elsewhere.get("/admin/enterprises").body.contains("还没有企业"))
            #expect(
                try await elsewhere.get("/admin/enterprises?q=\(merchantNumber)").body.contains("没有符合条件的企业"))
        }
    }
}

extension String {
    /// The address with what is not ASCII percent-encoded, as browsers send it.
    fileprivate var addingEncoding: String {
        map { $0.isASCII ? String($0) : PercentEncoding.encode(String($0)) }.joined()
    }
}
