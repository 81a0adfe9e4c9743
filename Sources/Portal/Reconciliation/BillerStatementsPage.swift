import Payments

/// 收费单位对账单: what billers state of their days beside our payments.
struct BillerStatementsPage: Page {
    /// A biller's statement of a day.
    struct Row: Sendable {
        let day: String
        let biller: String
        let state: StateTag
        let attempts: String
        let count: String
        let sum: String
        let open: String
        let hasOpen: Bool
        let openAddress: String

        init(_ day: BillerDay) {
            self.day = day.day.description
            biller = day.billerName
            state = day.tag
            attempts =
                if let acceptedAt = day.acceptedAt {
                    BeijingTime.minute(acceptedAt)
                } else if let triedAt = day.triedAt {
                    "已试 \(day.tries) 次，最近 \(BeijingTime.minute(triedAt))：\(day.problem)"
                } else {
                    "–"
                }
            count = day.statedCount.map { String($0) } ?? "–"
            sum = day.statedSum?.formatted ?? "–"
            open = String(day.openCases)
            hasOpen = day.openCases > 0
            openAddress =
                DifferenceListQuery(
                    Differences.Filter(day: day.day, channel: .biller, isOpenOnly: true)
                ).path.text
        }
    }

    /// What the lines of one statement in one class come to.
    struct Sum: Sendable {
        let day: String
        let biller: String
        let kind: String
        let lines: String
        let amount: String
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let biller: SelectField
    let from: DateField
    let until: DateField
    let isFiltered: Bool
    let isEmpty: Bool
    let exportAddress: String
    let exportLimit: Int
    let hasRows: Bool
    let rows: [Row]
    let hasSums: Bool
    let sums: [Sum]
    let pager: Pager

    /// - Parameters:
    ///   - billers: those to choose from.
    ///   - fields: the address's query; what could not be understood is put back as it was typed.
    init(
        layout: Layout, query: BillerStatementQuery, days: [BillerDay],
        billers: [(code: String, name: String)], hasMore: Bool, fields: FormFields = .empty,
        errors: [FieldError] = []
    ) {
        self.layout = layout.marking(.reconciliation)
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        biller = SelectField(
            "biller", label: "收费单位", value: query.filter.biller ?? "",
            options: billers.map { SelectField.Option($0.code, $0.name) }, placeholder: "全部")
        from = DateField(
            "from", label: "起始日期", value: query.filter.from?.description ?? fields.text("from"),
            errors: errors)
        until = DateField(
            "until", label: "截止日期", value: query.filter.until?.description ?? fields.text("until"),
            errors: errors)
        isFiltered = !fields.pairs.isEmpty
        isEmpty = days.isEmpty && errors.isEmpty
        exportAddress = query.exportPath.text
        exportLimit = BillerStatements.exportLimit
        hasRows = !days.isEmpty
        rows = days.map(Row.init)
        sums = days.flatMap { day in
            day.sums.map {
                Sum(
                    day: day.day.description, biller: day.billerName, kind: $0.kind.label,
                    lines: String($0.lines), amount: $0.amount.formatted)
            }
        }
        hasSums = !sums.isEmpty
        let next = hasMore ? days.last.map { query.path(before: $0.place) } : nil
        pager = Pager(
            summary: "本页 \(days.count) 份", first: query.before == nil ? nil : query.path(), next: next)
    }
}
