import Hummingbird

/// The first page: what this is, and the numbers by which each case can be provoked.
enum IndexPage {
    static func page(portal: String) -> Response {
        let billers = BillerProfile.all.map { biller -> [Markup] in
            let rule =
                switch biller.amountRule {
                case .exact: "缴清全部欠费"
                case .periods: "按月缴费，任选期数"
                case .prepayment: "预存任意金额"
                }
            return [
                "\(biller.code)", "\(biller.name)", "\(biller.item)", "\(rule)", "\(biller.numberLength) 位数字",
                "\(biller.example)",
            ]
        }
        let customers = CustomerRule.allCases.map { rule -> [Markup] in
            ["\(rule == .ordinary ? "其他" : rule.rawValue)", "\(rule.explanation)"]
        }
        let accounts = PayoutRule.allCases.map { rule -> [Markup] in
            ["\(rule == .arrives ? "其他" : rule.rawValue)", "\(rule.explanation)"]
        }
        let refunds = RefundRule.allCases.map { rule -> [Markup] in
            ["\(rule == .confirmed ? "其他" : String(rule.rawValue))", "\(rule.explanation)"]
        }
        return WebAnswer.page(
            "模拟环境",
            """
            <p>这里模拟门户之外的各方：银行（企业网银付款、代付、查询、通知）、长沙的五家收费单位、操作员的手机。
            各方只通过网络与门户往来，有各自的账簿。</p>
            <ul>
            <li><a href="\(portal)">企业缴费门户</a></li>
            <li><a href="/bank/payments">企业网银待办</a>（复核放行）</li>
            <li><a href="/phone">手机短信</a>（激活链接等）</li>
            <li><a href="/control">控制台</a>（故障和故障计划、时间、银行规则、备付金账户、账簿）</li>
            </ul>
            \(SitePage.table("收费单位（城市：长沙）", ["编码", "名称", "项目", "金额规则", "户号", "示例户号"], billers))
            \(SitePage.table("户号的最后三位", ["尾号", "情形"], customers))
            \(SitePage.table("提现账户的最后四位", ["尾号", "情形"], accounts))
            \(SitePage.table("退款金额（分）的最后两位", ["尾数", "情形"], refunds))
            """)
    }
}
