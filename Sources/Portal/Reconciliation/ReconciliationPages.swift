import Payments

/// What the lines and cases of days come to: a row for each day, channel and class.
struct ClassTable: Sendable {
    /// One row.
    struct Row: Sendable {
        let day: String
        let dayAddress: String
        let channel: String
        let kind: String
        let lines: String
        let amount: String
        let fees: String
        let cases: String
        let hasCases: Bool
        let casesAddress: String
    }

    let caption: String
    let hasRows: Bool
    let rows: [Row]

    /// - Throws: ``MoneyOverflow``.
    init(caption: String, _ days: [ReconciliationDay]) throws(MoneyOverflow) {
        self.caption = caption
        var rows: [Row] = []
        for day in days { rows += try Self.rows(of: day) }
        self.rows = rows
        hasRows = !rows.isEmpty
    }

    /// The rows of one day, in the order of channels and classes.
    ///
    /// - Parameter text: how amounts are written.
    /// - Throws: ``MoneyOverflow``.
    static func rows(
        of day: ReconciliationDay, amounts text: (Money) -> String = \.formatted
    ) throws(MoneyOverflow) -> [Row] {
        let kinds = [BankLine.Kind.matched.rawValue] + DifferenceClass.allCases.map(\.rawValue)
        var rows: [Row] = []
        for channel in Channel.allCases {
            for kind in kinds {
                let sums = day.sums.filter { $0.channel == channel && $0.kind.rawValue == kind }
                let cases = day.cases.first { $0.channel == channel && $0.kind.rawValue == kind }
                if sums.isEmpty, cases == nil { continue }
                // What no line of the file has is told by its cases.
                let lines = sums.isEmpty ? cases?.count ?? 0 : sums.reduce(0) { $0 + $1.lines }
                let amount = sums.isEmpty ? cases?.amount ?? .zero : try Money.sum(sums.map(\.amount))
                rows.append(
                    Row(
                        day: day.day.description,
                        dayAddress: Path.reconciliationDay(day.day.description).text,
                        channel: channel.label, kind: DifferenceClass(rawValue: kind)?.label ?? "一致",
                        lines: String(lines), amount: text(amount),
                        fees: text(try Money.sum(sums.map(\.fees))),
                        cases: cases.map { $0.open > 0 ? "\($0.count)（待处理 \($0.open)）" : "\($0.count)" }
                            ?? "0",
                        hasCases: cases != nil,
                        casesAddress: DifferenceListQuery(
                            Differences.Filter(
                                day: day.day, channel: channel, kind: DifferenceClass(rawValue: kind))
                        ).path.text))
            }
        }
        return rows
    }
}

/// 对账: settlement days with their files, sums, open cases and the reserve account.
struct ReconciliationPage: Page {
    /// One day.
    struct Row: Sendable {
        let day: String
        let address: String
        let state: StateTag
        let attempts: String
        let statedLines: String
        let statedNet: String
        let lines: String
        let net: String
        let open: String
        let openAddress: String
        let hasOpen: Bool

        /// - Parameter isWhole: whether the sums are of the whole file, and so to be compared with its summary.
        /// - Throws: ``MoneyOverflow``.
        init(_ day: ReconciliationDay, isWhole: Bool) throws(MoneyOverflow) {
            self.day = day.day.description
            address = Path.reconciliationDay(day.day.description).text
            state = day.tag
            attempts =
                day.lastAttempt.map { "\(day.attempts) 次，最近 \(BeijingTime.minute($0.at))" } ?? "0 次"
            let stated = isWhole ? day.file?.stated : nil
            statedLines = stated.map { String($0.lines) } ?? "–"
            statedNet = stated.map { Money(fen: $0.net).formatted } ?? "–"
            lines = day.file == nil ? "–" : String(day.lineCount)
            net = day.file == nil ? "–" : try day.net.formatted
            open = String(day.openCases)
            hasOpen = day.openCases > 0
            openAddress = DifferenceListQuery(Differences.Filter(day: day.day, isOpenOnly: true)).path.text
        }
    }

    /// The reserve account's statement of a day, beside our books.
    struct Reserve: Sendable {
        let day: String
        let address: String
        let account: String
        let opening: String
        let closing: String
        let booked: String

        init?(_ day: ReconciliationDay) {
            guard let reserve = day.reserve else { return nil }
            self.day = day.day.description
            address = Path.reconciliationDay(day.day.description).text
            account = reserve.account
            opening = reserve.opening.formatted
            closing = reserve.closing.formatted
            booked = reserve.booked.formatted
        }
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let from: DateField
    let until: DateField
    let channel: SelectField
    let isFiltered: Bool
    let isEmpty: Bool
    let exportAddress: String
    let exportLimit: Int
    let hasRows: Bool
    let rows: [Row]
    let classes: ClassTable
    let hasReserves: Bool
    let reserves: [Reserve]
    let pager: Pager

    /// - Parameters:
    ///   - fields: the address's query; what could not be understood is put back as it was typed.
    /// - Throws: ``MoneyOverflow``.
    init(
        layout: Layout, query: ReconciliationQuery, days: [ReconciliationDay], hasMore: Bool,
        fields: FormFields = .empty, errors: [FieldError] = []
    ) throws(MoneyOverflow) {
        self.layout = layout.marking(.reconciliation)
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        from = DateField(
            "from", label: "起始清算日", value: query.filter.from?.description ?? fields.text("from"),
            errors: errors)
        until = DateField(
            "until", label: "截止清算日", value: query.filter.until?.description ?? fields.text("until"),
            errors: errors)
        channel = SelectField(
            "channel", label: "渠道", value: query.filter.channel?.rawValue ?? "",
            options: Channel.allCases.map { SelectField.Option($0.rawValue, $0.label) }, placeholder: "全部")
        isFiltered = !fields.pairs.isEmpty
        isEmpty = days.isEmpty && errors.isEmpty
        exportAddress = query.exportPath.text
        exportLimit = ReconciliationDays.exportLimit
        hasRows = !days.isEmpty
        var rows: [Row] = []
        for day in days { rows.append(try Row(day, isWhole: query.filter.channel == nil)) }
        self.rows = rows
        classes = try ClassTable(caption: "以上各日的明细，按渠道和类别汇总", days)
        reserves = days.compactMap(Reserve.init)
        hasReserves = !reserves.isEmpty
        let next = hasMore ? days.last.map { query.path(before: $0.day) } : nil
        pager = Pager(
            summary: "本页 \(days.count) 日", first: query.before == nil ? nil : query.path(), next: next)
    }
}

/// One settlement day.
struct ReconciliationDayPage: Page {
    /// One line of the file.
    struct LineRow: Sendable {
        let line: String
        let channel: String
        let trade: String
        let serial: String
        let orderNumber: String
        let hasOrder: Bool
        let orderAddress: String
        let amount: String
        let fee: String
        let kind: StateTag
        let difference: String
        let hasDifference: Bool
        let differenceAddress: String

        init(_ line: BankLine) {
            self.line = String(line.line)
            channel = line.channel.label
            trade = line.trade.label
            serial = line.serial
            orderNumber = line.orderNumber
            hasOrder = line.hasOrder
            orderAddress = Path.staffOrder(line.orderNumber).text
            amount = line.amount.formatted
            fee = line.fee.formatted
            kind = line.kind.tag
            difference = line.difference ?? ""
            hasDifference = line.difference != nil
            differenceAddress = Path.difference(difference).text
        }
    }

    /// The statement of the reserve account.
    struct ReserveFacts: Sendable {
        let account: String
        let opening: String
        let closing: String
        let booked: String
    }

    /// One line of it.
    struct ReserveRow: Sendable {
        let day: String
        let serial: String
        let income: String
        let expense: String
        let counterparty: String
        let purpose: String
        let settled: String

        init(_ line: ReserveLine) {
            day = line.day.description
            serial = line.serial
            income = line.change.isNegative ? "" : line.change.formatted
            expense = line.change.isNegative ? Money(fen: 0 - line.change.fen).formatted : ""
            counterparty = line.counterparty
            purpose = line.purpose
            settled = line.settlementDate?.description ?? "非清算款"
        }
    }

    /// One time that the file was asked for.
    struct AttemptRow: Sendable {
        let time: String
        let result: StateTag
        let detail: String
    }

    let layout: Layout
    let day: String
    let state: StateTag
    let fileName: String
    let acceptedAt: String
    let stated: String
    let computed: String
    let adjustments: String
    let classes: ClassTable
    let address: String
    let channel: SelectField
    let kind: SelectField
    let hasLines: Bool
    let lines: [LineRow]
    let exportAddress: String
    let exportLimit: Int
    let pager: Pager
    let differences: DifferenceTable
    let differencesAddress: String
    let reserve: ReserveFacts?
    let isSettledAtZero: Bool
    let hasReserveLines: Bool
    let reserveLines: [ReserveRow]
    let hasAttempts: Bool
    let attempts: [AttemptRow]

    /// - Throws: ``MoneyOverflow``.
    init(
        layout: Layout, details: ReconciliationDayDetails, query: BankLineQuery, differences: [Difference]
    ) throws(MoneyOverflow) {
        let found = details.day
        self.layout = layout.marking(.reconciliation)
        day = found.day.description
        state = found.tag
        fileName = found.file.map { $0.name.isEmpty ? "银行无文件，我方无交易，按无交易处理" : $0.name } ?? "尚未取得"
        acceptedAt = found.file.map { BeijingTime.second($0.acceptedAt) } ?? "–"
        stated =
            found.file?.stated.map { "\($0.lines) 笔，净额 \(Money(fen: $0.net).formatted) 元" } ?? "文件没有汇总"
        computed = "\(found.lineCount) 笔，净额 \(try found.net.formatted) 元"
        adjustments = "\(found.file?.adjustments ?? 0) 行"
        classes = try ClassTable(caption: "按渠道和类别汇总", [found])
        address = Path.reconciliationDay(day).text
        channel = SelectField(
            "channel", label: "渠道", value: query.filter.channel?.rawValue ?? "",
            options: [Channel.gateway, .payout].map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "全部")
        kind = SelectField(
            "class", label: "类别", value: query.classValue,
            options: [SelectField.Option(BankLineQuery.all, "全部明细")]
                + BankLine.Kind.allCases.map { SelectField.Option($0.rawValue, $0.label) },
            placeholder: "所有不一致的明细")
        hasLines = !details.lines.isEmpty
        lines = details.lines.map(LineRow.init)
        exportAddress = query.exportPath.text
        exportLimit = ReconciliationDays.lineExportLimit
        let next = details.hasMoreLines ? details.lines.last.map { query.path(after: $0.line) } : nil
        pager = Pager(
            summary: "本页 \(details.lines.count) 笔", first: query.after == 0 ? nil : query.path(), next: next)
        self.differences = DifferenceTable(caption: "本日差异", differences)
        differencesAddress = DifferenceListQuery(Differences.Filter(day: found.day)).path.text
        reserve = found.reserve.map {
            ReserveFacts(
                account: $0.account, opening: $0.opening.formatted, closing: $0.closing.formatted,
                booked: $0.booked.formatted)
        }
        isSettledAtZero = details.isSettledAtZero
        hasReserveLines = !details.reserveLines.isEmpty
        reserveLines = details.reserveLines.map(ReserveRow.init)
        hasAttempts = !details.attempts.isEmpty
        attempts = details.attempts.map {
            AttemptRow(time: BeijingTime.second($0.at), result: $0.result.tag, detail: $0.detail)
        }
    }
}
