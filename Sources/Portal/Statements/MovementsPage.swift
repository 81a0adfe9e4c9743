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
        let opening: String
        let income: String
        let incomeCount: Int
        let expense: String
        let expenseCount: Int
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
    let direction: SelectField
    let orderNumber: TextField
    let holds: Holds?
    let canExport: Bool
    let exportAddress: String
    let hasMovements: Bool
    let totals: Totals?
    let movements: [MovementRow]
    let pageIncome: String
    let pageExpense: String
    let pager: Pager
    /// Whether the list is empty because of the filter.
    let isFiltered: Bool

    /// A page of the list that the query asks for.
    ///
    /// - Parameters:
    ///   - fields: the address's query, whose days are put back as they were typed.
    /// - Throws: ``MoneyOverflow``.
    init(
        layout: Layout, query: StatementQuery, page: StatementPage, holds: [Hold], today: LocalDate,
        fields: FormFields = .empty, totals: Totals? = nil, errors: [FieldError] = []
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
            options: OrderKind.allCases.map { SelectField.Option($0.rawValue, $0.label) }, placeholder: "全部")
        direction = SelectField(
            "direction", label: "收支", value: filter.direction?.rawValue ?? "",
            options: [SelectField.Option("income", "收入"), SelectField.Option("expense", "支出")],
            placeholder: "全部")
        orderNumber = TextField("order", label: "订单号", value: filter.orderNumber ?? "", maximum: 32)
        self.holds = holds.isEmpty ? nil : try Self.holds(holds)
        canExport = !page.movements.isEmpty
        exportAddress = query.exportPath.text
        hasMovements = !page.movements.isEmpty
        self.totals = totals
        movements = page.movements.map(MovementRow.init)
        pageIncome = try Money.sum(page.movements.compactMap(\.income)).formatted
        pageExpense = try Money.sum(page.movements.compactMap(\.expense)).formatted
        let next = page.hasOlder ? page.movements.last.map { query.next(after: $0).path } : nil
        let previous = page.hasNewer ? page.movements.first.map { query.previous(before: $0).path } : nil
        pager = Pager(
            summary: "第 \(query.page) 页，本页 \(page.movements.count) 笔", previous: previous, next: next)
        isFiltered = !fields.pairs.isEmpty
    }

    private static func holds(_ holds: [Hold]) throws(MoneyOverflow) -> Holds {
        let total = try Money.sum(holds.map(\.amount))
        let rows = holds.map { hold in
            HoldRow(
                time: BeijingTime.second(hold.since), number: hold.orderNumber,
                address: Path.order(hold.kind, hold.orderNumber).text,
                summary: "\(hold.kind == .withdrawal ? "提现" : "缴费") · \(hold.counterparty)",
                amount: hold.amount.formatted,
                state: hold.kind.tag(state: hold.state, writeOff: hold.writeOff))
        }
        return Holds(total: total.formatted, rows: rows)
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
