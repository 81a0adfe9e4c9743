import Payments

/// 提现: how much of the available balance goes back to the registered account.
struct NewWithdrawalPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    /// Why nothing can be withdrawn now, or why it will wait, if so.
    let notice: Notice?
    let available: String
    let account: PayoutAccountSummary?
    let canWithdraw: Bool
    /// When it would arrive.
    let expected: ExpectedArrival?
    /// `16:00`: until when of a working day a withdrawal counts from that day.
    let cutOff: String?
    /// The command id of the withdrawal that this form begins.
    let command: String
    let amount: AmountField
    /// The next step with the whole available balance.
    let wholeAddress: String

    /// The steps of every withdrawal until it is submitted.
    static let steps = ["填写金额", "确认提现", "提现结果"]

    /// The form, empty or refused, or why there is none.
    ///
    /// - Parameters:
    ///   - amount: as typed.
    ///   - isRefused: whether the page answers an amount that something stands in the way of.
    init(
        layout: Layout, enterpriseState: EnterpriseState = .active, offer: WithdrawalOffer, command: String,
        amount: String = "", isRefused: Bool = false, errors: [FieldError] = []
    ) {
        let available = offer.balances.available
        let obstacle = Self.obstacle(enterpriseState, offer)
        self.layout = layout.marking(.withdrawals)
        hasErrors = !errors.isEmpty
        progress = Progress(Self.steps, current: 0)
        errorSummary = ErrorSummary(errors)
        notice =
            obstacle.map { Notice($0, .warning, isAlert: isRefused) }
            ?? offer.pauseNotice.map { Notice.withdrawalsPaused($0) }
        self.available = available.formatted
        account = offer.account.map { PayoutAccountSummary($0) }
        canWithdraw = obstacle == nil
        expected = obstacle == nil ? ExpectedArrival(offer.expected) : nil
        cutOff = offer.expected.cutOff?.description
        self.command = command
        self.amount = AmountField("amount", label: "提现金额", value: amount, errors: errors)
        wholeAddress = Path.newWithdrawal.with("amount", available.plain).with("command", command).text
    }

    /// Why nothing can be withdrawn now, if so.
    static func obstacle(_ enterpriseState: EnterpriseState, _ offer: WithdrawalOffer) -> String? {
        if !enterpriseState.paysMoney { return enterpriseState.sentence }
        if offer.account == nil { return "提现账户尚未验证或正在变更，暂时不能提现。请联系客户经理。" }
        if !offer.balances.available.isPositive { return "没有可以提现的余额。" }
        return nil
    }
}
