import Payments

/// Where the bank's page sends the browser back to. No session reaches it (the cookie is SameSite=Strict), so it tells
/// the order's state in words only, without names or balances, and leads into the portal.
struct BankReturnPage: Page {
    let layout: Layout
    let outcome: Outcome
    let resultAddress: String
    /// Whether the script may go on by itself.
    let canContinue: Bool

    /// The page for an order, or for nothing that we know.
    init(layout: Layout, number: String?, status: TopUpStatus?) {
        self.layout = layout
        if let number, let status {
            // The browser comes back before the bank's notice as often as after it.
            outcome = Outcome(status == .created ? TopUpStatus.atBank.wording : status.wording)
            resultAddress = Path.topUp(number).text
            canContinue = true
        } else {
            outcome = Outcome(Self.unknownOrder)
            resultAddress = Path.transactions.text
            canContinue = false
        }
    }

    private static let unknownOrder = StateWording(
        label: "结果确认中", tone: .processing, sentence: "没有从银行返回的信息中认出订单，请勿重复付款。",
        nextStep: "请登录后在商户首页或交易明细中查看充值结果。")
}
