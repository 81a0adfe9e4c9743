import Foundation
import Hummingbird
import UnionPay

/// The pages of the bank.
enum BankPages {
    /// How a visit ended, as far as the browser is told.
    enum Outcome {
        case paid, notPaid
        /// It is not decided yet.
        case open
    }

    /// The banks among which the gateway's page lets a payer choose; the codes are the gateway's.
    static let choices: [(code: String, name: String)] = [
        ("ICBC", "中国工商银行"), ("ABC", "中国农业银行"), ("BOC", "中国银行"), ("CCB", "中国建设银行"), ("COMM", "交通银行"),
        ("PSBC", "中国邮政储蓄银行"), ("CMB", "招商银行"), ("SPDB", "浦发银行"), ("CIB", "兴业银行"), ("CITIC", "中信银行"),
        ("CEB", "中国光大银行"), ("CMBC", "中国民生银行"), ("BJBANK", "北京银行"), ("SHBANK", "上海银行"), ("CSCB", "长沙银行"),
        ("HRXJB", "华融湘江银行"), ("OTHER", "其他银行"),
    ]

    /// The gateway's own page, for a payment whose merchant names no bank: the payer chooses one and comes to its page.
    static func choice(_ order: BankOrder) -> Response {
        let buttons = choices.map { bank -> Markup in
            "<button type=\"submit\" name=\"bank\" value=\"\(bank.code)\" class=\"quiet\">\(bank.name)</button>\n"
        }
        let content: Markup = """
            <section class="card" aria-labelledby="order">
            <h2 id="order">请选择付款银行</h2>
            \(details(of: order))
            <form method="post" action="/bank/choices">
            \(identity(of: order))
            \(Markup(buttons))</form>
            </section>
            """
        return WebAnswer.page("模拟银联网关 · 选择银行", content)
    }

    /// The payer's page: what is to be paid, and the buttons of whoever's turn it is.
    static func payment(_ order: BankOrder) -> Response {
        let buttons: Markup =
            order.state == .submitted
            ? """
            <p>经办已提交，待复核。</p>
            <button type="submit" name="decision" value="release">复核放行</button>
            <button type="submit" name="decision" value="sendBack" class="quiet">退回</button>
            """
            : """
            <button type="submit" name="decision" value="pay">付款</button>
            <button type="submit" name="decision" value="submit" class="quiet">经办提交（待复核）</button>
            """
        let content: Markup = """
            <section class="card" aria-labelledby="order">
            <h2 id="order">付款订单</h2>
            \(details(of: order))
            <form method="post" action="/bank/payments">
            \(identity(of: order))
            \(buttons)
            <button type="submit" name="decision" value="abandon" class="quiet">放弃</button>
            <button type="submit" name="decision" value="wait" class="quiet">稍后</button>
            </form>
            </section>
            """
        return WebAnswer.page("模拟银行 · 企业网银付款", formTarget: order.frontUrl, content)
    }

    /// The payments that wait for a person.
    static func waiting(_ orders: [BankOrder], at time: Date) -> Response {
        let rows = orders.map { order -> [Markup] in
            let address =
                "/bank/payments?merId=\(order.merId)&orderId=\(order.orderId)&txnTime=\(order.txnTime)"
            let state =
                order.isOverdue(at: time) ? "已过付款时限" : order.state == .submitted ? "待复核" : "待付款"
            return [
                "<a href=\"\(address)\">\(order.orderId)</a>", "\(Yuan.text(order.amount))", "\(state)",
                "\(PhoneRoutes.readable(order.openedAt))",
            ]
        }
        return WebAnswer.page(
            "模拟银行 · 企业网银待办",
            SitePage.table("待办付款", ["订单号", "金额（元）", "状态", "到达时间"], rows, numeric: [1]))
    }

    /// Sends the browser back to the merchant by a form that submits itself; without script there is its button.
    static func sendBack(_ order: BankOrder, form: PaymentForm, outcome: Outcome) -> Response {
        let inputs = form.inputs.map { input -> Markup in
            "<input type=\"hidden\" name=\"\(input.name)\" value=\"\(input.value)\">\n"
        }
        let (title, verdict) =
            switch outcome {
            case .paid: ("付款成功", "付款成功。")
            case .notPaid: ("未付款", "未付款。")
            case .open: ("处理中", "付款尚未完成，可在企业网银待办中继续。")
            }
        let content: Markup = """
            <section class="card" aria-labelledby="order">
            <h2 id="order">付款结果</h2>
            <p>\(verdict)</p>
            \(details(of: order))
            <form method="post" action="\(form.action)" data-sends-itself>
            \(inputs)<button type="submit">返回商户</button>
            </form>
            </section>
            """
        return WebAnswer.page("模拟银行 · \(title)", formTarget: form.action, content)
    }

    /// The gateway does not take the browser's form.
    static func refusal(code: ResponseCode, detail: String) -> Response {
        WebAnswer.page(
            "模拟银行 · 无法受理", status: .badRequest,
            """
            <section class="card">
            <p>\(code.code) \(code.text)</p>
            <p class="message">\(detail)</p>
            </section>
            """)
    }

    /// The hidden fields that name an order.
    private static func identity(of order: BankOrder) -> Markup {
        """
        <input type="hidden" name="merId" value="\(order.merId)">
        <input type="hidden" name="orderId" value="\(order.orderId)">
        <input type="hidden" name="txnTime" value="\(order.txnTime)">
        """
    }

    private static func details(of order: BankOrder) -> Markup {
        let deadline = order.payTimeout.map(readable) ?? "无"
        return """
            <p class="amount">¥ \(Yuan.text(order.amount))</p>
            <dl>
            <dt>收款商户</dt><dd>企业缴费平台（\(order.merId)）</dd>
            <dt>商户订单号</dt><dd>\(order.orderId)</dd>
            <dt>订单时间</dt><dd>\(readable(order.txnTime))（北京时间）</dd>
            <dt>付款时限</dt><dd>\(deadline)</dd>
            <dt>付款银行</dt><dd>\(order.bankCode.map(name(of:)) ?? "待选择")</dd>
            </dl>
            """
    }

    /// The bank's name, or its code where this gateway has no name for it.
    private static func name(of code: String) -> String {
        choices.first { $0.code == code }?.name ?? code
    }

    /// `20261122093000` becomes `2026-11-22 09:30:00`.
    private static func readable(_ digits: String) -> String {
        let text = Array(digits)
        guard text.count == 14 else { return digits }
        return "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8])) "
            + "\(String(text[8..<10])):\(String(text[10..<12])):\(String(text[12..<14]))"
    }
}
