import Hummingbird
import UnionPay

/// The pages of the bank.
enum BankPages {
    /// The payer's page: what is to be paid, and two buttons.
    static func payment(_ order: BankOrder) -> Response {
        let content: Markup = """
            <section class="card" aria-labelledby="order">
            <h2 id="order">付款订单</h2>
            \(details(of: order))
            <form method="post" action="/bank/payments">
            <input type="hidden" name="merId" value="\(order.merId)">
            <input type="hidden" name="orderId" value="\(order.orderId)">
            <input type="hidden" name="txnTime" value="\(order.txnTime)">
            <button type="submit" name="decision" value="pay">付款</button>
            <button type="submit" name="decision" value="abandon" class="quiet">放弃</button>
            </form>
            </section>
            """
        return WebAnswer.page("模拟银行 · 企业网银付款", formTarget: order.frontUrl, content)
    }

    /// Sends the browser back to the merchant by a form that submits itself; without script there is its button.
    static func sendBack(_ order: BankOrder, form: PaymentForm, isPaid: Bool) -> Response {
        let inputs = form.inputs.map { input -> Markup in
            "<input type=\"hidden\" name=\"\(input.name)\" value=\"\(input.value)\">\n"
        }
        let verdict: Markup = isPaid ? "<p>付款成功。</p>" : "<p>未付款。</p>"
        let content: Markup = """
            <section class="card" aria-labelledby="order">
            <h2 id="order">付款结果</h2>
            \(verdict)
            \(details(of: order))
            <form method="post" action="\(form.action)" data-sends-itself>
            \(inputs)<button type="submit">返回商户</button>
            </form>
            </section>
            """
        return WebAnswer.page(
            isPaid ? "模拟银行 · 付款成功" : "模拟银行 · 未付款", formTarget: form.action, content)
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

    private static func details(of order: BankOrder) -> Markup {
        let deadline = order.payTimeout.map(readable) ?? "无"
        return """
            <p class="amount">¥ \(Yuan.text(order.amount))</p>
            <dl>
            <dt>收款商户</dt><dd>企业缴费平台（\(order.merId)）</dd>
            <dt>商户订单号</dt><dd>\(order.orderId)</dd>
            <dt>订单时间</dt><dd>\(readable(order.txnTime))（北京时间）</dd>
            <dt>付款时限</dt><dd>\(deadline)</dd>
            <dt>付款银行</dt><dd>\(order.bankCode ?? "模拟银行")</dd>
            </dl>
            """
    }

    /// `20261122093000` becomes `2026-11-22 09:30:00`.
    private static func readable(_ digits: String) -> String {
        let text = Array(digits)
        guard text.count == 14 else { return digits }
        return "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8])) "
            + "\(String(text[8..<10])):\(String(text[10..<12])):\(String(text[12..<14]))"
    }
}
