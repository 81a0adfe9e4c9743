import Payments

/// One 提现, in every state.
struct WithdrawalPage: Page {
    let layout: Layout
    let stateLabel: String
    let stateKey: String
    /// Whether the script asks again by itself.
    let isWatched: Bool
    let address: String
    /// 已受理 → 已提交银行 → 已到账; nil where it ended elsewhere.
    let progress: Progress?
    let outcome: Outcome
    let number: CopyableNumber
    let amount: Amount
    let fee: String
    let account: PayoutAccountSummary
    let submittedAt: String
    /// When it should arrive, while it has not.
    let expected: String?
    let bankReference: CopyableNumber?
    let finishedAt: String?
    let nextCheck: String?
    let movements: MovementTable
    let canCancel: Bool
    let cancelAddress: String
    /// Whether it ended at its goal, which is what people print.
    let isSuccess: Bool
    /// The form for the same once more; offered only when this order is over.
    let againAddress: String?
    let timeline: Timeline

    /// The page of an order in whatever state it is.
    init(layout: Layout, withdrawal: Withdrawal, events: [OrderEvent], movements: [Movement] = []) {
        let status = withdrawal.status
        let wording = status.wording
        self.layout = layout.marking(.withdrawals)
        stateLabel = wording.label
        stateKey = status.state
        isWatched = !status.isFinal
        address = Path.withdrawal(withdrawal.number).text
        progress = Self.step(of: status).map { Progress(["已受理", "已提交银行", "已到账"], current: $0) }
        outcome = Outcome(wording, sentence: withdrawal.reason.map { "\(wording.sentence)原因：\($0)。" })
        number = CopyableNumber(withdrawal.number)
        amount = Amount(withdrawal.amount)
        fee = withdrawal.reference.fee.formatted
        account = PayoutAccountSummary(withdrawal.account)
        submittedAt = BeijingTime.second(withdrawal.createdAt)
        let arrival = ExpectedArrival(
            from: withdrawal.expectedFrom, until: withdrawal.expectedUntil,
            isCalendarKnown: withdrawal.isCalendarKnown)
        expected = status.isFinal ? nil : arrival.text
        bankReference = withdrawal.bankSerial.map { CopyableNumber($0, id: "bank-reference") }
        finishedAt = status.isFinal ? BeijingTime.second(withdrawal.stateSince) : nil
        nextCheck = status.isFinal ? nil : withdrawal.nextQuestionAt.map(BeijingTime.second)
        self.movements = MovementTable(movements)
        canCancel = status == .accepted || status == .pendingReview
        cancelAddress = Path.withdrawalCancellation(withdrawal.number).text
        againAddress =
            status.isFinal
            ? Path.newWithdrawal.with("amount", withdrawal.amount.plain).with("edit", "1").text : nil
        isSuccess = status == .paid
        timeline = Timeline(events) { (event: WithdrawalStatus.Event) in event.title }
    }

    /// Which step is being taken; nil where the way ended elsewhere than at its goal.
    private static func step(of status: WithdrawalStatus) -> Int? {
        switch status {
        case .pendingReview, .accepted, .sending, .unknown: 0
        case .atBank: 1
        case .paid: 3
        case .refused, .cancelled, .returnedToMaker, .expired, .returned, .paymentParked: nil
        }
    }
}
