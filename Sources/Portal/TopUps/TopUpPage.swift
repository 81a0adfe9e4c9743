import Payments

/// One 充值, in every state: 充值确认 before the payer leaves for the bank, 充值结果 from then on.
struct TopUpPage: Page {
    let layout: Layout
    let heading: String
    let stateLabel: String
    let stateKey: String
    /// Whether the script asks again by itself.
    let isWatched: Bool
    let address: String
    let progress: Progress?
    /// The state in words; nil before the hand-off, where the page is a confirmation.
    let outcome: Outcome?
    let number: CopyableNumber
    let amount: Amount
    let bankName: String
    let payeeName: String
    let createdAt: String
    /// Until when the bank takes the payment, while that matters.
    let payBy: String?
    let bankReference: CopyableNumber?
    let creditedAt: String?
    let nextCheck: String?
    let movements: MovementTable
    /// Whether the bank has not been involved yet. Afterwards no second payment is ever offered.
    let canPay: Bool
    /// Why it cannot be paid although it could, where the bank takes no payments now.
    let unavailable: Notice?
    /// Whether the payer chooses the bank on the gateway's own page.
    let isByGateway: Bool
    let canCancel: Bool
    /// What cancelling means once the payer was at the bank.
    let cancelHint: String?
    /// Whether it ended at its goal, which is what people print.
    let isSuccess: Bool
    /// The form for the same once more; offered only when this order is over.
    let againAddress: String?
    let handOffAddress: String
    let cancelAddress: String
    let timeline: Timeline

    /// The page of an order in whatever state it is.
    ///
    /// - Parameters:
    ///   - payee: the name of the account that receives the money, as the bank's page shows it.
    ///   - availability: of the bank; it matters before the hand-off only.
    ///   - pause: what companies are told while the bank's channel is paused; likewise.
    init(
        layout: Layout, topUp: TopUp, events: [OrderEvent], movements: [Movement] = [], payee: String,
        availability: BankAvailability = .open, pause: String? = nil
    ) {
        let status = topUp.status
        let wording = status.wording
        self.layout = layout.marking(.topUps)
        heading = status == .created ? "充值确认" : "充值结果"
        stateLabel = wording.label
        stateKey = status.state
        isWatched = !status.isFinal
        address = Path.topUp(topUp.number).text
        progress = Self.step(of: status).map { Progress(NewTopUpPage.steps, current: $0) }
        outcome = status == .created ? nil : Outcome(wording)
        number = CopyableNumber(topUp.number)
        amount = Amount(topUp.amount)
        bankName = topUp.bankName
        payeeName = payee
        createdAt = BeijingTime.second(topUp.createdAt)
        payBy =
            [.created, .atBank, .closing].contains(status) ? BeijingTime.minute(topUp.payUntil) : nil
        bankReference = topUp.bankSerial.map { CopyableNumber($0, id: "bank-reference") }
        // What happened to it after it was credited changes the state's time, but not this one. Money that two people
        // have credited is a movement of their case, not of the order.
        let credit = movements.last { $0.income != nil }?.bookedAt
        creditedAt = (credit ?? (status == .credited ? topUp.stateSince : nil)).map(BeijingTime.second)
        nextCheck =
            [.atBank, .closing].contains(status) ? topUp.nextQuestionAt.map(BeijingTime.second) : nil
        self.movements = MovementTable(movements)
        canPay = status == .created && availability == .open && pause == nil
        let obstacle =
            pause.map { "充值暂停：\($0)。恢复后可继续付款" } ?? availability.sentence.map { "\(topUp.bankName)\($0)" }
        unavailable = status == .created ? obstacle.map { Notice($0, .warning) } : nil
        isByGateway = !topUp.isDirect
        canCancel = status == .atBank || (status == .created && !canPay)
        cancelHint =
            status == .atBank ? "取消后不能立即关闭：付款截止前银行仍可能扣款，截止后再向银行核实一次才关闭；期间银行收到的款项仍会入账。" : nil
        againAddress =
            status.isFinal ? Path.newTopUp.with("amount", topUp.amount.plain).text : nil
        isSuccess = status == .credited
        handOffAddress = Path.topUpHandOff(topUp.number).text
        cancelAddress = Path.topUpCancellation(topUp.number).text
        timeline = Timeline(events) { (event: TopUpStatus.Event) in event.title }
    }

    /// Which step is being taken; nil where the flow ended elsewhere than at its goal.
    private static func step(of status: TopUpStatus) -> Int? {
        switch status {
        case .created: 1
        case .atBank: 2
        case .closing, .inReview: 3
        case .credited: 4
        case .closed, .lateDebited, .refundedByBank, .returned, .reversalParked, .reversed: nil
        }
    }
}
