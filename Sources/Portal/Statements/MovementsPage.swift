import Payments

/// 交易明细: what came and went, by the filter that stands in the address.
struct MovementsPage: Page {
    /// A range of days that is one click away.
    struct Range: Sendable {
        let label: String
        let address: String
        let isCurrent: Bool
    }

    /// Money set aside for orders on their way, which no line of the statement shows yet.
    struct Holds: Sendable {
        let total: String
        /// How many are listed, where there are more.
        let listed: Int?
        let rows: [HoldRow]
    }

    /// One such order.
    struct HoldRow: Sendable {
        let time: String
        let number: String
        let address: String
        let summary: String
        let amount: String
        let state: StateTag
    }

    /// Sums over the whole filter, not only the page.
    struct Totals: Sendable {
        let income: String
        let expense: String
    }

    /// What the days begin and end with.
    struct DayBalances: Sendable {
        let opening: String
        let closing: String
    }

    let layout: Layout
    let hasErrors: Bool
    /// 第 2 页; nil on the first.
    let pageName: String?
    let errorSummary: ErrorSummary?
    let ranges: [Range]
    let from: DateField
    let until: DateField
    let kind: SelectField
    let state: SelectField
    let direction: SelectField
    let least: TextField
    let most: TextField
    let orderNumber: TextField
    let counterparty: TextField
    let holds: Holds?
    let canExport: Bool
    let exportAddress: String
    /// How many movements an export holds at most, in words.
    let exportLimit: String
    let balances: DayBalances?
    let hasMovements: Bool
    let totals: Totals
    let movements: [MovementRow]
    let pageIncome: String
    let pageExpense: String
    let pager: Pager
    /// Whether the list is empty because of the filter.
    let isFiltered: Bool

    /// A page of the list that the query asks for.
    ///
    /// - Parameters:
    ///   - holdings: the frozen balance and what it is set aside for.
    ///   - fields: the address's query; what could not be understood is put back as it was typed.
    /// - Throws: ``MoneyOverflow``.
    init(
        layout: Layout, query: StatementQuery, page: StatementPage, holdings: Holdings, today: LocalDate,
        fields: FormFields = .empty, errors: [FieldError] = []
    ) throws(MoneyOverflow) {
        let filter = query.filter
        self.layout = layout.marking(.statements)
        hasErrors = !errors.isEmpty
        pageName = query.page > 1 ? "第 \(query.page) 页" : nil
        errorSummary = ErrorSummary(errors)
        ranges = Self.ranges(query, today: today)
        from = DateField(
            "from", label: "起始日期", value: filter.from?.description ?? fields.text("from"), errors: errors)
        until = DateField(
            "until", label: "截止日期", value: filter.until?.description ?? fields.text("until"), errors: errors)
        kind = SelectField(
            "kind", label: "类型", value: filter.kind?.rawValue ?? "",
            options: OrderKind.allCases.map { SelectField.Option($0.rawValue, $0.label) }, placeholder: "全部",
            errors: errors)
        state = SelectField(
            "state", label: "状态", value: filter.states.flatMap(StatementStates.label(of:)) ?? "",
            options: StatementStates.labels.map { SelectField.Option($0, $0) }, placeholder: "全部",
            errors: errors)
        direction = SelectField(
            "direction", label: "收支", value: filter.direction?.rawValue ?? "",
            options: [SelectField.Option("income", "收入"), SelectField.Option("expense", "支出")],
            placeholder: "全部", errors: errors)
        least = TextField(
            "least", label: "最小金额(元)", value: fields.text("least"), kind: .amount, maximum: 24, errors: errors
        )
        most = TextField(
            "most", label: "最大金额(元)", value: fields.text("most"), kind: .amount, maximum: 24, errors: errors)
        orderNumber = TextField("order", label: "订单号", value: filter.orderNumber ?? "", maximum: 32)
        counterparty = TextField("counterparty", label: "对方户名", value: filter.counterparty ?? "", maximum: 64)
        holds = holdings.holds.isEmpty ? nil : Self.holds(holdings)
        canExport = !page.movements.isEmpty
        exportAddress = query.exportPath.text
        exportLimit = Self.grouped(Statements.exportLimit)
        balances = page.totals?.balances.map {
            DayBalances(opening: $0.opening.formatted, closing: $0.closing.formatted)
        }
        hasMovements = !page.movements.isEmpty
        totals = Totals(
            income: (page.totals?.income ?? .zero).formatted,
            expense: (page.totals?.expense ?? .zero).formatted)
        movements = page.movements.map(MovementRow.init)
        pageIncome = try Money.sum(page.movements.compactMap(\.income)).formatted
        pageExpense = try Money.sum(page.movements.compactMap(\.expense)).formatted
        let next = page.hasOlder ? page.movements.last.map { query.next(after: $0).path } : nil
        let previous = page.hasNewer ? page.movements.first.map { query.previous(before: $0).path } : nil
        pager = Pager(
            summary: "第 \(query.page) 页，本页 \(page.movements.count) 笔", previous: previous, next: next)
        isFiltered = !fields.pairs.isEmpty
    }

    /// `20,000`
    private static func grouped(_ count: Int) -> String {
        count < 1000 ? String(count) : "\(count / 1000),\(String(count % 1000 + 1000).dropFirst())"
    }

    private static func holds(_ holdings: Holdings) -> Holds {
        let rows = holdings.holds.map { hold in
            HoldRow(
                time: BeijingTime.second(hold.since), number: hold.orderNumber,
                address: Path.order(hold.kind, hold.orderNumber).text,
                summary: "\(hold.kind == .withdrawal ? "提现" : "缴费") · \(hold.counterparty)",
                amount: hold.amount.formatted,
                state: hold.kind.tag(state: hold.state, writeOff: hold.writeOff))
        }
        return Holds(
            total: holdings.balances.frozen.formatted, listed: holdings.hasMore ? rows.count : nil, rows: rows
        )
    }

    private static func ranges(_ query: StatementQuery, today: LocalDate) -> [Range] {
        let first = today.firstOfMonth
        let lastMonth = first.adding(days: -1)
        let days: [(String, LocalDate, LocalDate)] = [
            ("本日", today, today), ("近 7 日", today.adding(days: -6), today),
            ("近 30 日", today.adding(days: -29), today), ("本月", first, today),
            ("上月", lastMonth.firstOfMonth, lastMonth),
        ]
        return days.map { label, from, until in
            var filter = query.filter
            let isCurrent = filter.from == from && filter.until == until
            filter.from = from
            filter.until = until
            return Range(label: label, address: StatementQuery(filter).path.text, isCurrent: isCurrent)
        }
    }
}
