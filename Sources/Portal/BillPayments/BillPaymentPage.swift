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
    /// Whether another payment may be offered: never while this one is open.
    let canPayAnother: Bool
    let isFinal: Bool
    let timeline: Timeline

    /// The page of an order in whatever state it is.
    init(
        layout: Layout, payment: BillPayment, events: [OrderEvent], movements: [Movement] = [],
        cityName: String
    ) {
        let status = payment.status
        let wording = status.wording
        self.layout = layout.marking(.billPayments)
        stateLabel = wording.label
        stateKey = "\(status.state)-\(status.writeOff)"
        isWatched = !status.isFinal
        address = Path.billPayment(payment.number).text
        outcome = Outcome(wording, sentence: payment.reason.map { "\(wording.sentence)原因：\($0)。" })
        number = CopyableNumber(payment.number)
        amount = Amount(payment.amount)
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
        isFinal = status.isFinal
        timeline = Timeline(events) { (event: BillPaymentStatus.Event) in event.title }
    }
}
