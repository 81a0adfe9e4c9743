import Hummingbird
import Payments

/// 商户首页.
struct AccountRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.clerk.get(.account, use: show)
    }

    private func show(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let enterprise = context.session.enterpriseID
        let statements = portal.platform.statements
        async let overview = statements.overview(of: enterprise)
        async let newest = statements.page(of: enterprise, filter: StatementFilter(), limit: 5)
        async let trends = statements.trends(of: enterprise)
        async let open = statements.openOrders(of: enterprise)
        async let account = portal.platform.registeredAccounts.current(of: enterprise)
        let (balances, inTransit, turnover) = try await overview
        return .page(
            AccountPage(
                layout: context.layout, at: portal.platform.effects.now(),
                lastSignIn: context.session.previousSignIn,
                merchantNumber: context.session.merchantNumber,
                enterpriseState: context.session.enterpriseState,
                balances: balances, inTransit: inTransit.isPositive ? inTransit : nil,
                turnover: AccountPage.Turnover(
                    todayIncome: turnover.todayIncome, todayExpense: turnover.todayExpense,
                    monthIncome: turnover.monthIncome, monthExpense: turnover.monthExpense),
                movements: try await newest.movements,
                openOrders: try await open.map(AccountPage.OpenOrder.init),
                registeredAccount: try await account,
                charts: AccountCharts(
                    balances: try await trends.balances, spending: try await trends.spending)))
    }
}

extension AccountPage.OpenOrder {
    /// A line for an open order, with the label of its state.
    init(_ order: OpenOrder) {
        self.init(
            kind: order.kind, number: order.number, amount: order.amount, since: order.createdAt,
            state: order.kind.tag(state: order.state, writeOff: order.writeOff))
    }
}

extension OrderKind {
    /// The label of a state in the words of this kind of order.
    func tag(state: String, writeOff: String) -> StateTag {
        let wording: StateWording? =
            switch self {
            case .topUp: TopUpStatus(state: state, writeOff: writeOff)?.wording
            case .billPayment: BillPaymentStatus(state: state, writeOff: writeOff)?.wording
            case .withdrawal: WithdrawalStatus(state: state, writeOff: writeOff)?.wording
            }
        return wording?.tag ?? StateTag("处理中", .processing)
    }
}
