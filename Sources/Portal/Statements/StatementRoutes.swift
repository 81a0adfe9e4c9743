import Hummingbird
import Payments

/// 交易明细 and its export.
struct StatementRoutes: Sendable {
    let portal: Portal

    private var statements: Statements { portal.platform.statements }

    func register(on routes: Routes) {
        routes.clerk.get(.transactions, use: list)
        routes.clerk.get(.transactionsExport, use: export)
    }

    private func list(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let fields = request.queryFields
        let today = LocalDate(portal.platform.effects.now())
        var errors: [FieldError] = []
        let query = StatementQuery(fields, today: today, errors: &errors)
        let enterprise = context.session.enterpriseID
        async let held = statements.holds(of: enterprise)
        let page =
            errors.isEmpty
            ? try await statements.pageWithTotals(of: enterprise, filter: query.filter, at: query.cursor)
            : .empty
        let movementsPage = try MovementsPage(
            layout: context.layout, query: query, page: page, holdings: try await held, today: today,
            fields: fields, errors: errors)
        return .page(movementsPage, status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    private func export(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let today = LocalDate(portal.platform.effects.now())
        var errors: [FieldError] = []
        let fields = request.queryFields
        let query = StatementQuery(fields, today: today, errors: &errors)
        guard errors.isEmpty else {
            // The list says what is wrong with its address.
            return .seeOther(fields.pairs.reduce(.transactions) { $0.with($1.name, $1.value) })
        }
        var file = MovementFile()
        let isCut = try await statements.export(of: context.session.enterpriseID, filter: query.filter) {
            movements in
            for movement in movements { file.append(movement) }
        }
        if isCut { file.noteLimit(Statements.exportLimit) }
        let filter = query.filter
        let span = [filter.from, filter.until].compactMap { $0?.description.filter { $0 != "-" } }
        let name = [
            "交易明细", context.session.enterpriseName,
            span.isEmpty ? filter.orderNumber ?? "" : span.joined(separator: "-"),
        ].joined(separator: "_")
        return .csv(file.file, name: "\(name).csv", plainName: "transactions.csv")
    }
}

/// 交易明细 as a CSV file.
struct MovementFile {
    private(set) var file = CSVFile()

    /// A file with its head: the time zone is named there.
    init() {
        file.append(["入账时间(北京时间)", "订单号", "摘要", "对方", "收入(元)", "支出(元)", "余额(元)", "状态"])
    }

    /// Adds a line.
    mutating func append(_ movement: Movement) {
        file.append([
            BeijingTime.second(movement.bookedAt), movement.orderNumber, movement.summary,
            movement.counterparty,
            movement.income?.plain ?? "", movement.expense?.plain ?? "", movement.balance.plain,
            movement.stateTag.label,
        ])
    }

    /// Says that there is more than the file holds.
    mutating func noteLimit(_ limit: Int) {
        file.note("只导出最近 \(limit) 笔，请缩短日期范围")
    }
}
