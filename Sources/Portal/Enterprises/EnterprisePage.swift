import Payments

/// One enterprise as staff see it. Account and mobile numbers are masked.
struct EnterprisePage: Page {
    /// 提现账户.
    struct Account: Sendable {
        let bankName: String
        let lineNumber: String
        let accountNumber: String
        let holderName: String
        let state: StateTag
    }

    /// One operator.
    struct OperatorRow: Sendable {
        let name: String
        let loginID: String
        let mobile: String
        let state: StateTag
        let lastSignedInAt: String
    }

    let layout: Layout
    /// Whether an act was refused.
    let hasError: Bool
    /// Why, where it belongs to no field.
    let notice: Notice?
    let name: String
    let state: StateTag
    let merchantNumber: CopyableNumber
    let creditCode: String
    let legalRepresentative: String
    let cityName: String
    let internetBankingBankName: String
    let openedAt: String
    /// Where what it owes is dealt with, for those who do.
    let receivableAddress: String?
    /// The activation it waits for.
    let reissue: ReissueCard?
    let account: Account?
    /// What can be done about the account, while it is not verified.
    let accountCheck: AccountCheck?
    let operators: [OperatorRow]
    let timeline: Timeline

    /// - Parameters:
    ///   - role: of the person who looks; decides what the page offers.
    ///   - reissue: the activation it waits for, and `reissueError`: why another link was refused.
    ///   - reason: as typed, and `error`: why the act was refused.
    init(
        layout: Layout, details: EnterpriseDetails, role: StaffRole, reissue: ReissueCard? = nil,
        reissueError: ActivationReissueError? = nil, reason: String = "",
        error: RegisteredAccountError? = nil
    ) {
        let enterprise = details.enterprise
        accountCheck = details.registeredAccount.flatMap {
            AccountCheck(
                $0, merchantNumber: enterprise.merchantNumber, role: role, csrf: layout.csrf, reason: reason,
                error: error == .reasonMissing ? error?.sentence : nil)
        }
        self.reissue = reissue
        hasError = error != nil || reissueError != nil
        // A reason that is missing is said beside its field.
        let sentence =
            error == .reasonMissing || reissueError == .reasonMissing
            ? nil : error?.sentence ?? reissueError?.sentence
        notice = sentence.map { Notice($0, .warning) }
        self.layout = layout
        name = enterprise.name
        state = enterprise.state.tag
        merchantNumber = CopyableNumber(enterprise.merchantNumber, id: "merchant-number")
        creditCode = enterprise.creditCode
        legalRepresentative = enterprise.legalRepresentative
        cityName = enterprise.cityName
        internetBankingBankName = enterprise.internetBankingBankName
        openedAt = BeijingTime.minute(enterprise.openedAt)
        receivableAddress =
            ControlledAction.repayReceivable.isDecided(by: role)
            ? Path.receivable(enterprise.merchantNumber).text : nil
        account = details.registeredAccount.map { account in
            Account(
                bankName: account.bankName, lineNumber: account.lineNumber,
                accountNumber: "**** \(account.accountNumberTail)", holderName: account.holderName,
                state: account.state.tag)
        }
        operators = details.operators.map { person in
            OperatorRow(
                name: person.name, loginID: person.loginID, mobile: person.mobileMasked,
                state: person.state.tag,
                lastSignedInAt: person.lastSignedInAt.map(BeijingTime.minute) ?? "从未登录")
        }
        timeline = Timeline(
            oldestFirst: details.events.map { (EnterpriseEventText.title($0.event), $0.reason, $0.at) })
    }
}
