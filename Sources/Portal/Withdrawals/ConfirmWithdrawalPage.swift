import Payments

/// 确认提现: everything once more, and the payment password.
struct ConfirmWithdrawalPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    /// That the promise has become later, or that the channel is paused.
    let notice: Notice?
    let amount: Amount
    let fee: String
    let account: PayoutAccountSummary
    let expected: ExpectedArrival
    /// The last day of the promise that is shown, which the form sends back.
    let promised: String
    let balanceAfter: String
    /// The command id that the address carries.
    let command: String
    let plainAmount: String
    let paymentPassword: TextField
    let backAddress: String

    /// The confirmation of an amount.
    ///
    /// - Parameters:
    ///   - amount: checked: more than nothing and not more than the available balance.
    ///   - isPromiseLater: whether it would arrive later than the page before had said.
    init(
        layout: Layout, offer: WithdrawalOffer, account: PayoutAccount, amount: Money, command: String,
        isPromiseLater: Bool = false, errors: [FieldError] = []
    ) {
        self.layout = layout.marking(.withdrawals)
        hasErrors = !errors.isEmpty
        progress = Progress(NewWithdrawalPage.steps, current: 1)
        errorSummary = ErrorSummary(errors)
        notice =
            isPromiseLater
            ? Notice("预计到账日已推迟，尚未提交。请核对新的日期，再次输入支付密码确认。", .warning, isAlert: true)
            : offer.pauseNotice.map { Notice.withdrawalsPaused($0) }
        self.amount = Amount(amount)
        fee = Money.zero.formatted
        self.account = PayoutAccountSummary(account)
        expected = ExpectedArrival(offer.expected)
        promised = offer.expected.until.description
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
    /// Why it is later than people may think, and that holidays are not known yet, where that is so.
    let notes: [String]

    /// The promise of an offer or an order.
    init(_ promise: ArrivalPromise) {
        var notes: [String] = []
        if let day = promise.countedFrom?.inText, let postponement = promise.postponement {
            switch postponement {
            case .cutOff:
                let time = promise.cutOff?.description ?? ""
                notes.append("已过当日 \(time) 的受理截止时间，自 \(day)起计算。")
            case .restDay: notes.append("当日不是银行工作日，自 \(day)起计算。")
            }
        }
        if promise.isCalendarKnown {
            text = "1–3 个工作日，预计 \(promise.until.inText)前"
        } else {
            text = "1–3 个工作日，预计 \(promise.from.inText)至 \(promise.until.inText)"
            notes.append("届时的节假日安排尚未公布，到账日期可能变化。")
        }
        self.notes = notes
    }
}

extension Notice {
    /// That what is submitted waits, because the channel is paused; with what companies are told about it.
    static func withdrawalsPaused(_ reason: String) -> Notice {
        Notice("提现通道暂停（\(reason)），恢复后自动提交银行；提交银行前可以撤销。", .warning)
    }
}
