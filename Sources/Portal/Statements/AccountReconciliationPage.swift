import Payments

/// 对账: what an enterprise's account did over some days, and its top-ups and withdrawals item by item beside the bank's files.
struct AccountReconciliationPage: Page {
    /// A month that is one click away.
    struct Month: Sendable {
        let label: String
        let address: String
        let isCurrent: Bool
    }

    /// One kind of movement.
    struct Flow: Sendable {
        let label: String
        let income: String
        let expense: String
    }

    /// A movement of the account and the line of a file that stands beside it; either may be missing.
    struct Row: Sendable {
        let number: String
        let hasAddress: Bool
        let address: String
        let kind: String
        let bookedDay: String
        let bookedIncome: String
        let bookedExpense: String
        let settledDay: String
        let serial: String
        let settledIncome: String
        let settledExpense: String
        let outcome: StateTag
    }

    /// What came and went in the days, by our books and by the bank's files.
    struct Totals: Sendable {
        let bookedIncome: String
        let bookedExpense: String
        let settledIncome: String
        let settledExpense: String
    }

    /// What was found; nothing where the days cannot be understood.
    struct Found: Sendable {
        let days: String
        let exportAddress: String
        let opening: String
        let flows: [Flow]
        let income: String
        let expense: String
        let closing: String
        /// How many items have come to what, in words.
        let counts: String
        let hasRows: Bool
        let rows: [Row]
        let totals: Totals
        let hasMore: Bool
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let months: [Month]
    let from: DateField
    let until: DateField
    let found: Found?

    /// The page for some days.
    ///
    /// - Parameters:
    ///   - days: nil when the address is wrong; then there is nothing found either.
    ///   - fields: the address's query; what could not be understood is put back as it was typed.
    /// - Throws: ``MoneyOverflow``.
    init(
        layout: Layout, days: ReconciledDays?, found: AccountReconciliation?, today: LocalDate,
        fields: FormFields = .empty, errors: [FieldError] = []
    ) throws(MoneyOverflow) {
        self.layout = layout.marking(.accountReconciliation)
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        months = Self.months(days, today: today)
        from = DateField(
            "from", label: "起始日期", value: days?.from.description ?? fields.text("from"), errors: errors)
        until = DateField(
            "until", label: "截止日期", value: days?.until.description ?? fields.text("until"), errors: errors)
        if let days, let found {
            self.found = try Found(found, days: days)
        } else {
            self.found = nil
        }
    }

    /// The last twelve months, the newest first.
    private static func months(_ days: ReconciledDays?, today: LocalDate) -> [Month] {
        var day = today.firstOfMonth
        return (0..<12).map { _ in
            let month = ReconciledDays(monthOf: day, today: today)
            day = day.adding(days: -1).firstOfMonth
            return Month(
                label: String(month.from.description.prefix(7)),
                address: month.added(to: .accountReconciliation).text, isCurrent: month == days)
        }
    }

    /// The same as a CSV file: the account's balances and sums, then a line for each line of the page.
    static func file(_ found: AccountReconciliation) -> CSVFile {
        var file = CSVFile()
        let space = ["", "", "", "", ""]
        file.append(
            ["订单号", "类型", "入账日", "账簿收入(元)", "账簿支出(元)", "清算日", "银行流水号", "银行收入(元)", "银行支出(元)", "核对结果"])
        file.append(["期初余额", "", "", found.opening.plain, ""] + space)
        for (label, flow) in found.flows {
            file.append([label, "", "", flow.income.plain, flow.expense.plain] + space)
        }
        file.append(["期末余额", "", "", found.closing.plain, ""] + space)
        for row in found.items.flatMap({ Row.rows($0, amounts: \.plain) }) {
            file.append([
                row.number, row.kind, row.bookedDay, row.bookedIncome, row.bookedExpense,
                // A spreadsheet would take the digits for a number and round it.
                row.settledDay, row.serial.isEmpty ? "" : "NO." + row.serial, row.settledIncome,
                row.settledExpense, row.outcome.label,
            ])
        }
        if found.hasMore { file.note("项目过多，请缩短日期范围") }
        return file
    }
}

extension AccountReconciliation {
    /// The kinds of movement with their labels.
    fileprivate var flows: [(label: String, flow: Flow)] {
        [("充值", topUps), ("提现", withdrawals), ("缴费", billPayments), ("其他（对账调整等）", others)]
    }
}

extension AccountReconciliationPage.Found {
    /// What was found over some days.
    ///
    /// - Throws: ``MoneyOverflow``.
    init(_ found: AccountReconciliation, days: ReconciledDays) throws(MoneyOverflow) {
        self.days = "\(days.from) 至 \(days.until)"
        exportAddress = days.added(to: .accountReconciliationExport).text
        opening = found.opening.formatted
        flows = found.flows.map {
            AccountReconciliationPage.Flow(
                label: $0.label, income: $0.flow.income.formatted, expense: $0.flow.expense.formatted)
        }
        income = try Money.sum(found.flows.map(\.flow.income)).formatted
        expense = try Money.sum(found.flows.map(\.flow.expense)).formatted
        closing = found.closing.formatted
        counts = AccountReconciliation.Outcome.allCases.compactMap { outcome in
            let count = found.items.count { $0.outcome == outcome }
            return count == 0 ? nil : "\(outcome.tag.label) \(count) 项"
        }.joined(separator: " · ")
        hasRows = !found.items.isEmpty
        rows = found.items.flatMap { AccountReconciliationPage.Row.rows($0) }
        let booked = found.items.flatMap(\.booked).filter(\.isWithin).map(\.change)
        let settled = found.items.flatMap(\.settled).filter(\.isWithin).map(\.change)
        totals = AccountReconciliationPage.Totals(
            bookedIncome: try Money.sum(booked.filter(\.isPositive)).formatted,
            bookedExpense: try (Money.zero - Money.sum(booked.filter(\.isNegative))).formatted,
            settledIncome: try Money.sum(settled.filter(\.isPositive)).formatted,
            settledExpense: try (Money.zero - Money.sum(settled.filter(\.isNegative))).formatted)
        hasMore = found.hasMore
    }
}

extension AccountReconciliationPage.Row {
    /// The lines of an item: its movements, and beside them, in the same order, what the files have.
    ///
    /// - Parameter text: how amounts are written.
    static func rows(
        _ item: AccountReconciliation.Item, amounts text: (Money) -> String = \.formatted
    ) -> [Self] {
        let tag = item.outcome.tag
        return (0..<max(item.booked.count, item.settled.count)).map { place in
            let booked = place < item.booked.count ? item.booked[place] : nil
            let settled = place < item.settled.count ? item.settled[place] : nil
            return Self(
                number: item.number, hasAddress: item.hasOrder,
                address: item.hasOrder ? Path.order(item.kind, item.number).text : "", kind: item.kind.label,
                bookedDay: booked?.dayText ?? "", bookedIncome: booked?.income.map(text) ?? "",
                bookedExpense: booked?.expense.map(text) ?? "", settledDay: settled?.dayText ?? "",
                serial: settled?.serial ?? "", settledIncome: settled?.income.map(text) ?? "",
                settledExpense: settled?.expense.map(text) ?? "", outcome: tag)
        }
    }
}

extension AccountReconciliation.Side {
    /// The day, and whether it lies outside of the days asked for.
    fileprivate var dayText: String { isWithin ? "\(day)" : "\(day)（非本期）" }
    fileprivate var income: Money? { change.isPositive ? change : nil }
    /// Without a sign: it stands in a column of its own.
    fileprivate var expense: Money? {
        change.isNegative ? Money(fen: Int64(clamping: change.fen.magnitude)) : nil
    }
}

extension AccountReconciliation.Outcome {
    /// The label customers know.
    var tag: StateTag {
        switch self {
        case .agreed: StateTag("相符", .success)
        case .inTransit: StateTag("在途", .processing)
        case .notInFiles: StateTag("银行未入账", .pending)
        case .notBooked: StateTag("账簿未入账", .danger)
        case .differs: StateTag("金额不一致", .danger)
        case .givenBack: StateTag("未汇出，已退回余额", .returned)
        }
    }
}
