import Payments

/// 对公消费, second step: what the biller says is owed, and what of it is to be paid.
struct BillPage: Page {
    /// One bill.
    struct Row: Sendable {
        let number: String
        let period: String
        let principal: String
        let lateFee: String
        let amount: String
        /// The amount for the script that adds up what is ticked.
        let fen: String
        let isChosen: Bool
    }

    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    /// What is wrong with the choice of bills.
    let billError: String?
    /// Why there is nothing to pay, when there is nothing.
    let outcome: Outcome?
    let notice: Notice?
    let billerName: String
    let cityName: String
    let itemName: String
    let customerNumber: String
    let customerName: String?
    let canPay: Bool
    let queryNumber: String
    /// The command id of the payment that this form begins.
    let command: String
    let hasBills: Bool
    /// Whether single bills may be left out.
    let canChoose: Bool
    let bills: [Row]
    let total: String
    let totalCapital: String
    /// The amount to type, for a prepayment.
    let amount: AmountField?
    /// The amount as the bills make it, where there is no choice.
    let fixedAmount: Amount?
    let backAddress: String
    let available: String

    /// The step for what a biller answered.
    ///
    /// - Parameters:
    ///   - chosen: the numbers of the ticked bills; nil before anything was ticked, when all of them are.
    ///   - typedAmount: as typed; nil before anything was typed, when the arrears are suggested.
    /// - Throws: ``MoneyOverflow`` when a biller sends nonsense.
    init(
        layout: Layout, query: BillQuery, cityName: String, itemName: String, available: Money,
        command: String,
        chosen: [String]? = nil, typedAmount: String? = nil, errors: [FieldError] = []
    ) throws(MoneyOverflow) {
        let rule = query.biller.amountRule
        let isAnswered = query.outcome == .answered
        let canChoose = rule == .periods
        let ticked = query.bills.filter { !canChoose || chosen?.contains($0.billNumber) ?? true }
        let total = try Money.sum(ticked.map { Money(fen: $0.amount) })
        self.layout = layout.marking(.billPayments)
        hasErrors = !errors.isEmpty
        progress = Progress(NewBillPaymentPage.steps, current: 1)
        errorSummary = ErrorSummary(errors)
        billError = errors.message(for: "bill")
        canPay = isAnswered && (!query.bills.isEmpty || rule == .prepayment)
        outcome = Self.outcome(of: query, canPay: canPay)
        let isPureDeposit = canPay && query.bills.isEmpty
        notice = isPureDeposit ? Notice("暂无欠费，可以预存。") : nil
        billerName = query.biller.name
        self.cityName = cityName
        self.itemName = itemName
        customerNumber = query.customerNumber
        customerName = query.customerName.isEmpty ? nil : query.customerName
        queryNumber = query.number
        self.command = command
        hasBills = !query.bills.isEmpty
        self.canChoose = canChoose
        bills = query.bills.map { bill in
            Row(
                number: bill.billNumber, period: bill.periodText,
                principal: Money(fen: bill.principal).formatted,
                lateFee: Money(fen: bill.lateFee).formatted, amount: Money(fen: bill.amount).formatted,
                fen: String(bill.amount), isChosen: ticked.contains(bill))
        }
        self.total = total.formatted
        totalCapital = total.chineseCapital
        amount =
            rule == .prepayment
            ? AmountField(
                "amount", label: "缴费金额", value: typedAmount ?? (total.isPositive ? total.formatted : ""),
                hint: "\(query.biller.least.formatted) 元至 \(query.biller.most.formatted) 元，超出欠费的部分预存到该户号",
                errors: errors)
            : nil
        fixedAmount = rule == .exact ? Amount(total) : nil
        backAddress = Path.askingAgain(query).text
        self.available = available.formatted
    }

    private static func outcome(of query: BillQuery, canPay: Bool) -> Outcome? {
        guard !canPay else { return nil }
        return switch query.outcome {
        case .answered:
            Outcome(
                StateWording(label: "暂无欠费", tone: .success, sentence: "该户号目前没有需要缴纳的账单。", nextStep: nil))
        case .unknownCustomer:
            Outcome(
                StateWording(
                    label: "没有找到该户号", tone: .danger, sentence: "收费单位没有这个户号。",
                    nextStep: "请对照缴费通知单检查户号和收费单位，然后返回修改。"))
        case .unavailable:
            Outcome(
                StateWording(
                    label: "暂时查不到账单", tone: .pending, sentence: "收费单位暂时没有应答，未扣款。",
                    nextStep: "请稍后返回再次查询。"))
        }
    }
}
