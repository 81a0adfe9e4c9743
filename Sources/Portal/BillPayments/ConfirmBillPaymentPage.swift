import Payments

/// 对公消费, third step: everything once more, and the payment password.
struct ConfirmBillPaymentPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    let notice: Notice?
    let billerName: String
    let cityName: String
    let itemName: String
    let customerNumber: String
    let customerName: String?
    let periods: String?
    let lateFee: String?
    /// How a prepayment falls into arrears and what is kept for later, where there are arrears.
    let division: String?
    let amount: Amount
    /// What was confirmed before the bills changed, to stand beside what they come to now.
    let change: BillChange?
    let fee: String
    let balanceAfter: String
    /// Whether the balance is enough and nothing else stands in the way.
    let canPay: Bool
    /// The command id that the address carries.
    let command: String
    let queryNumber: String
    let chosenBills: [String]
    /// The amount confirmed, for the form.
    let plainAmount: String
    let payer: TextField
    let paymentPassword: TextField
    let backAddress: String
    /// What to do where nothing can be paid.
    let wayOn: WayOn?

    /// The step for a plan that the biller's rule allows.
    ///
    /// - Parameters:
    ///   - payer: what stands in 商户编号 / 登录ID; the merchant number at first.
    ///   - replaced: a payment that went back because its bills had changed.
    ///   - notice: what speaks against it, but does not forbid it.
    ///   - refusal: why it was not submitted, and where to go from there.
    init(
        layout: Layout, query: BillQuery, plan: BillPayments.Plan, cityName: String, itemName: String,
        available: Money, command: String, payer: String, replaced: BillPayment? = nil,
        notice: Notice? = nil, refusal: BillPaymentRefusal? = nil
    ) {
        let rest = try? available - plan.amount
        let missing = rest.map { Money(fen: 0 - $0.fen) }.flatMap { $0.isPositive ? $0 : nil }
        let errors = refusal?.errors ?? []
        self.layout = layout.marking(.billPayments)
        hasErrors = refusal != nil
        progress = Progress(NewBillPaymentPage.steps, current: 2)
        errorSummary = ErrorSummary(errors)
        self.notice =
            refusal?.notice ?? notice
            ?? missing.map { Notice("可用余额不足：可用 \(available.formatted) 元，还差 \($0.formatted) 元。", .warning) }
        billerName = query.biller.name
        self.cityName = cityName
        self.itemName = itemName
        customerNumber = query.customerNumber
        customerName = query.customerName.isEmpty ? nil : query.customerName
        periods = plan.bills.isEmpty ? nil : plan.bills.map(\.periodText).joined(separator: "、")
        let late = plan.bills.reduce(into: Int64(0)) { $0 += $1.lateFee }
        lateFee = late > 0 ? Money(fen: late).formatted : nil
        division =
            plan.arrears.isPositive && plan.prepaid.isPositive
            ? "缴纳欠费 \(plan.arrears.formatted) 元，预存 \(plan.prepaid.formatted) 元" : nil
        amount = Amount(plan.amount)
        change = replaced.map { BillChange(of: $0, now: plan.amount) }
        fee = Money.zero.formatted
        balanceAfter = missing == nil ? (rest ?? .zero).formatted + " 元" : "余额不足"
        canPay = missing == nil && refusal?.wayOn == nil
        self.command = command
        queryNumber = query.number
        chosenBills = query.biller.amountRule == .periods ? plan.bills.map(\.billNumber) : []
        plainAmount = plan.amount.plain
        self.payer = TextField(
            "payer", label: "商户编号 / 登录ID", value: payer, kind: .loginID, maximum: 64, errors: errors)
        paymentPassword = TextField(
            "paymentPassword", label: "支付密码", kind: .currentPassword, maximum: 128, errors: errors)
        backAddress = Path.bills(of: query, as: plan).text
        wayOn = refusal?.wayOn ?? missing.map { .toppingUp($0) }
    }
}

/// Bills that were no longer what had been confirmed: both amounts, side by side.
struct BillChange: Sendable {
    /// The payment that was confirmed and went back.
    let number: String
    /// What was confirmed.
    let before: String
    /// What the bills come to now.
    let after: String

    /// The change of a payment's bills.
    init(of payment: BillPayment, now amount: Money) {
        number = payment.number
        before = payment.amount.formatted
        after = amount.formatted
    }
}
