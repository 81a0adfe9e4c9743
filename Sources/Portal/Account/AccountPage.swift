import Foundation
import Payments

/// 商户首页: the balances of the dedicated expenditure account, what moved last, what is still open.
struct AccountPage: Page {
    /// An order that waits for somebody or something.
    struct OpenOrder: Sendable {
        let title: String
        let number: String
        let address: String
        let amount: String
        let time: String
        let state: StateTag

        /// A line for an order of any kind.
        init(kind: OrderKind, number: String, amount: Money, since: Date, state: StateTag) {
            title = kind == .billPayment ? "缴费" : kind.label
            self.number = number
            address = Path.order(kind, number).text
            self.amount = amount.formatted
            time = BeijingTime.minute(since)
            self.state = state
        }
    }

    /// What came and went today and this month.
    struct Turnover: Sendable {
        let todayIncome: String
        let todayExpense: String
        let monthIncome: String
        let monthExpense: String

        /// The four sums.
        init(todayIncome: Money, todayExpense: Money, monthIncome: Money, monthExpense: Money) {
            self.todayIncome = todayIncome.formatted
            self.todayExpense = todayExpense.formatted
            self.monthIncome = monthIncome.formatted
            self.monthExpense = monthExpense.formatted
        }
    }

    let layout: Layout
    let asOf: String
    /// When and from where the operator signed in before; nil for the first time.
    let lastSignIn: String?
    let notice: Notice?
    let merchantNumber: CopyableNumber
    let available: String
    let availableCapital: String
    let frozen: String
    /// Withdrawals that the bank has taken and not yet paid.
    let inTransit: String?
    let turnover: Turnover?
    let hasMovements: Bool
    let movements: [MovementRow]
    let hasOpenOrders: Bool
    let openOrders: [OpenOrder]
    let registeredAccount: PayoutAccountSummary?
    let charts: AccountCharts?

    /// The page as of now.
    ///
    /// - Parameters:
    ///   - lastSignIn: the sign-in before the present one.
    ///   - movements: the newest five.
    ///   - openOrders: newest first.
    init(
        layout: Layout, at now: Date, lastSignIn: (at: Date, address: String)? = nil, merchantNumber: String,
        enterpriseState: EnterpriseState, balances: Balances,
        inTransit: Money? = nil, turnover: Turnover? = nil, movements: [Movement], openOrders: [OpenOrder],
        registeredAccount: RegisteredAccount? = nil, charts: AccountCharts? = nil
    ) {
        self.layout = layout.marking(.account)
        asOf = BeijingTime.minute(now)
        self.lastSignIn = lastSignIn.map { "\(BeijingTime.second($0.at))，登录地址 \($0.address)" }
        notice = enterpriseState.notice()
        self.merchantNumber = CopyableNumber(merchantNumber, id: "merchant-number")
        available = balances.available.formatted
        availableCapital = balances.available.chineseCapital
        frozen = balances.frozen.formatted
        self.inTransit = inTransit?.formatted
        self.turnover = turnover
        hasMovements = !movements.isEmpty
        self.movements = movements.map(MovementRow.init)
        hasOpenOrders = !openOrders.isEmpty
        self.openOrders = openOrders
        self.registeredAccount = registeredAccount.map { PayoutAccountSummary($0) }
        self.charts = charts
    }
}

extension EnterpriseState {
    /// What a clerk has to know about a company that is not simply active.
    var sentence: String? {
        switch self {
        case .active: nil
        case .pendingActivation: "账户尚未激活，暂时不能办理业务。"
        case .outgoingStopped: "账户已止付：可以充值和查询，暂时不能缴费和提现。请联系客户经理。"
        case .frozen: "账户已冻结：可以查询，暂时不能办理业务。请联系客户经理。"
        case .closing: "账户正在销户，暂时不能办理业务。"
        case .closed: "账户已销户，只能查询。"
        }
    }

    /// The same as a remark in a page; read out at once where it is why something was refused.
    func notice(isAlert: Bool = false) -> Notice? {
        sentence.map { Notice($0, .warning, isAlert: isAlert) }
    }
}
