import Payments

/// 确认提现: everything once more, and the payment password.
struct ConfirmWithdrawalPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    let amount: Amount
    let fee: String
    let account: PayoutAccountSummary
    let expected: String
    let expectedNote: String?
    let balanceAfter: String
    /// The command id that the address carries.
    let command: String
    let plainAmount: String
    let paymentPassword: TextField
    let backAddress: String

    /// The confirmation of an amount.
    ///
    /// - Parameter amount: checked: more than nothing and not more than the available balance.
    init(
        layout: Layout, offer: WithdrawalOffer, account: PayoutAccount, amount: Money, command: String,
        errors: [FieldError] = []
    ) {
        self.layout = layout.marking(.withdrawals)
        hasErrors = !errors.isEmpty
        progress = Progress(NewWithdrawalPage.steps, current: 1)
        errorSummary = ErrorSummary(errors)
        self.amount = Amount(amount)
        fee = Money.zero.formatted
        self.account = PayoutAccountSummary(account)
        let arrival = ExpectedArrival(
            from: offer.expected.from, until: offer.expected.until,
            isCalendarKnown: offer.expected.missingYears.isEmpty)
        expected = arrival.text
        expectedNote = arrival.note
        balanceAfter = ((try? offer.balances.available - amount) ?? .zero).formatted
        self.command = command
        plainAmount = amount.plain
        paymentPassword = TextField(
            "paymentPassword", label: "支付密码", kind: .currentPassword, maximum: 128, errors: errors)
        backAddress = Path.newWithdrawal.with("amount", amount.plain).with("edit", "1").text
    }
}

/// When a withdrawal should arrive, in words.
struct ExpectedArrival: Sendable {
    /// `1–3 个工作日，预计 2026年11月26日（周四）前`
    let text: String
    /// That holidays are not known yet, where they are not.
    let note: String?

    /// The promise of an offer or an order.
    init(from: LocalDate, until: LocalDate, isCalendarKnown: Bool) {
        if isCalendarKnown {
            text = "1–3 个工作日，预计 \(until.inText)前"
            note = nil
        } else {
            text = "1–3 个工作日，预计 \(from.inText)至 \(until.inText)"
            note = "届时的节假日安排尚未公布，到账日期可能变化。"
        }
    }
}
