import Hummingbird
import Payments

/// 对账 of a clerk's enterprise and its export: the account beside the bank's files.
struct AccountReconciliationRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.clerk.get(.accountReconciliation, use: show)
        routes.clerk.get(.accountReconciliationExport, use: export)
    }

    private var today: LocalDate { LocalDate(portal.platform.effects.now()) }

    private func show(_ request: Request, _ context: ClerkContext) async throws -> Response {
        var errors: [FieldError] = []
        let fields = request.queryFields
        let days = ReconciledDays(fields, today: today, errors: &errors)
        let found: AccountReconciliation? =
            if let days { try await reconciliation(days, context) } else { nil }
        let page = try AccountReconciliationPage(
            layout: context.layout, days: days, found: found, today: today, fields: fields, errors: errors)
        return .page(page, status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    private func export(_ request: Request, _ context: ClerkContext) async throws -> Response {
        var errors: [FieldError] = []
        let fields = request.queryFields
        guard let days = ReconciledDays(fields, today: today, errors: &errors) else {
            // The page says what is wrong with its address.
            return .seeOther(fields.pairs.reduce(.accountReconciliation) { $0.with($1.name, $1.value) })
        }
        let found = try await reconciliation(days, context)
        let span = [days.from, days.until].map { $0.description.filter { $0 != "-" } }.joined(separator: "-")
        return .csv(
            AccountReconciliationPage.file(found), name: "对账_\(context.session.enterpriseName)_\(span).csv",
            plainName: "reconciliation.csv")
    }

    private func reconciliation(_ days: ReconciledDays, _ context: ClerkContext) async throws
        -> AccountReconciliation
    {
        try await portal.platform.statements.reconciliation(
            of: context.session.enterpriseID, from: days.from, until: days.until)
    }
}

/// The days that 对账 is asked for: those of the address, or this month up to today.
struct ReconciledDays: Sendable, Equatable {
    /// The first day.
    let from: LocalDate
    /// The last day.
    let until: LocalDate

    init(from: LocalDate, until: LocalDate) {
        self.from = from
        self.until = until
    }

    /// What the fields of an address say, by the rules of 交易明细; nil where they are wrong, which is reported.
    init?(_ fields: FormFields, today: LocalDate, errors: inout [FieldError]) {
        let named = FormFields(pairs: fields.pairs.filter { ["from", "until"].contains($0.name) })
        let filter = StatementQuery(named, today: today, errors: &errors).filter
        guard errors.isEmpty, let from = filter.from, let until = filter.until else { return nil }
        let isAsked = !named.text("from").isEmpty || !named.text("until").isEmpty
        self.init(from: isAsked ? from : today.firstOfMonth, until: until)
    }

    /// The month of which a day is, up to today.
    init(monthOf day: LocalDate, today: LocalDate) {
        self.init(
            from: day.firstOfMonth,
            until: min(today, day.firstOfMonth.adding(days: 31).firstOfMonth.adding(days: -1)))
    }

    /// An address for these days.
    func added(to path: Path) -> Path {
        path.with("from", from.description).with("until", until.description)
    }
}

extension Path {
    /// 对账 of a clerk's enterprise.
    static let accountReconciliation = account.below("reconciliation")
    /// 导出 CSV of it.
    static let accountReconciliationExport = accountReconciliation.below("export.csv")
}
