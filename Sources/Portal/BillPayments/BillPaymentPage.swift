import Payments

/// One 缴费, in every state.
struct BillPaymentPage: Page {
    let layout: Layout
    let stateLabel: String
    let stateKey: String
    /// Whether the script asks again by itself.
    let isWatched: Bool
    let address: String
    let outcome: Outcome
    let number: CopyableNumber
    let amount: Amount
    let fee: String
    let billerName: String
    let cityName: String
    let itemName: String
    let customerNumber: String
    let customerName: String?
    let periods: String?
    let billerReference: CopyableNumber?
    let submittedAt: String
    let finishedAt: String?
    let nextCheck: String?
    let movements: MovementTable
    /// What the bills come to now, when they were not what had been confirmed.
    let change: BillChange?
    /// Where the bills as they are now are confirmed, or looked at where nothing of what was confirmed is left.
    let changedWay: WayOn?
    /// Whether another payment may be offered: never while this one is open.
    let canPayAnother: Bool
    /// Whether it ended at its goal, which is what people print.
    let isSuccess: Bool
    let timeline: Timeline

    /// The page of an order in whatever state it is.
    ///
    /// - Parameter changed: the bills as they were when they were found changed.
    /// - Throws: ``MoneyOverflow`` when a biller sends nonsense.
    init(
        layout: Layout, payment: BillPayment, events: [OrderEvent], movements: [Movement] = [],
        cityName: String, changed: BillQuery? = nil
    ) throws(MoneyOverflow) {
        let bills = changed?.bills.filter { bill in
            payment.biller.amountRule == .exact || payment.bills.contains { $0.billNumber == bill.billNumber }
        }
        let amount = try Money.sum((bills ?? []).map { Money(fen: $0.amount) })
        change = changed == nil ? nil : BillChange(of: payment, now: amount)
        changedWay = changed.map {
            WayOn(
                amount.isPositive ? "按现在的金额重新确认" : "查看现在的账单",
                .bills(of: $0, replacing: payment, by: bills ?? []))
        }
        let status = payment.status
        let wording = status.wording
        self.layout = layout.marking(.billPayments)
        stateLabel = wording.label
        stateKey = "\(status.state)-\(status.writeOff)"
        isWatched = !status.isFinal
        address = Path.billPayment(payment.number).text
        outcome = Outcome(wording, sentence: payment.reason.map { "\(wording.sentence)原因：\($0)。" })
        number = CopyableNumber(payment.number)
        self.amount = Amount(payment.amount)
        fee = payment.reference.fee.formatted
        billerName = payment.biller.name
        self.cityName = cityName
        itemName = payment.itemName
        customerNumber = payment.customerNumber
        customerName = payment.customerName.isEmpty ? nil : payment.customerName
        periods = payment.bills.isEmpty ? nil : payment.bills.map(\.periodText).joined(separator: "、")
        billerReference = payment.billerSerial.map { CopyableNumber($0, id: "biller-reference") }
        submittedAt = BeijingTime.second(payment.createdAt)
        finishedAt = status.isFinal ? BeijingTime.second(payment.stateSince) : nil
        nextCheck = status.isFinal ? nil : payment.nextQuestionAt.map(BeijingTime.second)
        self.movements = MovementTable(movements)
        canPayAnother = status.isFinal
        isSuccess = status.payment == .paid && status.writeOffState == .writtenOff
        timeline = Timeline(events) { (event: BillPaymentStatus.Event) in event.title }
    }
}
