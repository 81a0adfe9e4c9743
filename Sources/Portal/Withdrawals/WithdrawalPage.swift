import Payments

/// One 提现, in every state.
struct WithdrawalPage: Page {
    let layout: Layout
    let stateLabel: String
    let stateKey: String
    /// Whether the script asks again by itself.
    let isWatched: Bool
    let address: String
    /// 已受理 → 已提交银行 → 已到账 or 已退回, with times; nil where it ended before it was sent, or needs a person.
    let progress: Progress?
    /// Why it is not sent yet, while its channel is paused.
    let pause: Notice?
    let outcome: Outcome
    let number: CopyableNumber
    let amount: Amount
    let fee: String
    let account: PayoutAccountSummary
    let submittedAt: String
    /// When it should arrive, or should have: the promise stays.
    let expected: ExpectedArrival
    let bankReference: CopyableNumber?
    let finishedAt: String?
    let nextCheck: String?
    let movements: MovementTable
    let canCancel: Bool
    let cancelAddress: String
    /// The amount once more, for the words of the confirmation.
    let amountFigures: String
    /// Whether it ended at its goal, which is what people print.
    let isSuccess: Bool
    /// The form for the same once more; offered only when this order is over.
    let againAddress: String?
    let timeline: Timeline

    /// The page of an order in whatever state it is.
    init(layout: Layout, withdrawal: Withdrawal, events: [OrderEvent], movements: [Movement] = []) {
        let status = withdrawal.status
        let wording = withdrawal.isKeptBack ? WithdrawalStatus.wordingUnderReview : status.wording
        self.layout = layout.marking(.withdrawals)
        stateLabel = wording.label
        stateKey = status.state
        isWatched = !status.isFinal
        address = Path.withdrawal(withdrawal.number).text
        progress = Self.progress(of: withdrawal, events)
        pause = status == .accepted ? withdrawal.pauseNotice.map { Notice.withdrawalsPaused($0) } : nil
        outcome = Outcome(wording, sentence: withdrawal.reason.map { "\(wording.sentence)原因：\($0)。" })
        number = CopyableNumber(withdrawal.number)
        amount = Amount(withdrawal.amount)
        fee = withdrawal.reference.fee.formatted
        account = PayoutAccountSummary(withdrawal.account)
        submittedAt = BeijingTime.second(withdrawal.createdAt)
        expected = ExpectedArrival(withdrawal.promise)
        bankReference = withdrawal.bankSerial.map { CopyableNumber($0, id: "bank-reference") }
        finishedAt = status.isFinal ? BeijingTime.second(withdrawal.stateSince) : nil
        nextCheck =
            status.isFinal || withdrawal.isKeptBack ? nil : withdrawal.nextQuestionAt.map(BeijingTime.second)
        self.movements = MovementTable(movements)
        canCancel = status == .accepted || status == .pendingReview
        cancelAddress = Path.withdrawalCancellation(withdrawal.number).text
        amountFigures = withdrawal.amount.formatted
        againAddress =
            status.isFinal
            ? Path.newWithdrawal.with("amount", withdrawal.amount.plain).with("edit", "1").text : nil
        isSuccess = status == .paid
        timeline = Timeline(events) { (event: WithdrawalStatus.Event) in event.title }
    }

    /// How far it has come, with the time of each step that is done.
    private static func progress(of withdrawal: Withdrawal, _ events: [OrderEvent]) -> Progress? {
        let current: Int
        switch withdrawal.status {
        case .pendingReview: current = 0
        case .accepted, .sending, .unknown: current = 1
        case .atBank: current = 2
        case .paid, .refused, .returned: current = 3
        case .cancelled, .returnedToMaker, .expired, .paymentParked: return nil
        }
        let isBack = withdrawal.status == .refused || withdrawal.status == .returned
        // The bank's word may have overtaken its acceptance.
        let sent: [WithdrawalStatus.Event] = [.bankAccepted, .paidConfirmed, .sendStarted]
        let sentAt = sent.lazy.compactMap { wanted in events.first { $0.event == wanted.rawValue } }.first
        let times = [withdrawal.createdAt, sentAt?.happenedAt, withdrawal.stateSince]
        return Progress(
            ["已受理", "已提交银行", isBack ? "已退回" : "已到账"], current: current,
            times: times.prefix(current).map { $0.map(BeijingTime.minute) })
    }
}
