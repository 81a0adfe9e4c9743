import Payments

/// 充值: how much, from which bank.
struct NewTopUpPage: Page {
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
    let bank: SelectField
    let available: String

    /// The steps of every top-up.
    static let steps = ["填写金额", "确认订单", "银行付款", "充值结果"]

    /// The form, empty, prefilled or refused.
    ///
    /// - Parameters:
    ///   - amount: as typed.
    ///   - bank: the code of the bank chosen.
    ///   - lastBank: the code of the bank this operator used last, which goes on top and is the choice at first.
    ///   - pauseNotice: what companies are told of the pause of the bank's channel, while that is paused.
    ///   - isRefused: whether the page answers a form that the company's state or a pause did not let through.
    init(
        layout: Layout, enterpriseState: EnterpriseState = .active, command: String, amount: String = "",
        bank: String? = nil, banks: [BankName], lastBank: String? = nil, available: Money,
        pauseNotice: String? = nil, isRefused: Bool = false, errors: [FieldError] = []
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
        let last = banks.filter { $0.code == lastBank }
        let others = banks.filter { $0.code != lastBank }
        let groups = [("上次使用", last), (last.isEmpty ? nil : "全部", others)].filter { !$0.1.isEmpty }
        self.bank = SelectField(
            "bank", label: "银行", value: bank ?? lastBank ?? "",
            groups: groups.map { label, banks in
                SelectField.Group(label, banks.map { SelectField.Option($0.code, $0.name) })
            },
            placeholder: "请选择付款行", hint: "请选择本单位已开通企业网银的付款行", errors: errors)
        self.available = available.formatted
    }
}
