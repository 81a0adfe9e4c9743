import Foundation
import Payments

/// 充值: how much, from which bank.
struct NewTopUpPage: Page {
    /// An open top-up of the same amount, which the clerk may not have in mind.
    struct Twin: Sendable {
        let number: String
        let address: String
    }

    let layout: Layout
    let hasErrors: Bool
    let progress: Progress
    let errorSummary: ErrorSummary?
    /// What the company's state or a pause of the bank's channel means for topping up, if anything.
    let notice: Notice?
    /// Whether money may come in at all; without that there is no form.
    let canTopUp: Bool
    /// The command id made for this rendering of the form.
    let command: String
    let amount: AmountField
    let picker: BankPicker
    let twin: Twin?
    let available: String

    /// The steps of every top-up.
    static let steps = ["填写金额", "确认订单", "银行付款", "充值结果"]

    /// The form, empty, prefilled or refused.
    ///
    /// - Parameters:
    ///   - amount: as typed.
    ///   - bank: the code of the bank chosen.
    ///   - search: what was looked for among the banks.
    ///   - twin: the number of an open top-up of the same amount, to be told of before another is ordered.
    ///   - pauseNotice: what companies are told of the pause of the bank's channel, while that is paused.
    ///   - isRefused: whether the page answers a form that the company's state or a pause did not let through.
    init(
        layout: Layout, enterpriseState: EnterpriseState = .active, command: String, amount: String = "",
        bank: String? = nil, search: String = "", choices: TopUpChoices, available: Money, at now: Date,
        twin: String? = nil, pauseNotice: String? = nil, isRefused: Bool = false, errors: [FieldError] = []
    ) {
        self.layout = layout.marking(.topUps)
        hasErrors = !errors.isEmpty
        progress = Progress(Self.steps, current: 0)
        errorSummary = ErrorSummary(errors)
        let pause = enterpriseState.takesMoney ? pauseNotice : nil
        notice =
            pause.map { Notice("充值暂停：\($0)", .warning, isAlert: isRefused) }
            ?? enterpriseState.notice(isAlert: isRefused)
        canTopUp = enterpriseState.takesMoney && pause == nil
        self.command = command
        self.amount = AmountField(
            "amount", label: "充值金额", value: amount,
            hint: "单笔 \(TopUps.least.formatted) 元至 \(TopUps.most.formatted) 元", errors: errors)
        picker = BankPicker(choices, chosen: bank, search: search, at: now, errors: errors)
        self.twin = twin.map { Twin(number: $0, address: Path.topUp($0).text) }
        self.available = available.formatted
    }
}
