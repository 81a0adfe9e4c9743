import Payments

/// What a statement's address asks for: filter, place in the list, number of the page. Read from an address and written
/// to one by the same type, so that a bookmark, the way to the next page and the export never disagree.
struct StatementQuery: Sendable, Equatable {
    /// The filter, shared with the export.
    var filter: StatementFilter
    /// Where the page begins.
    var cursor: StatementCursor
    /// The page's number, counted from 1, for its title.
    var page: Int

    /// At most so many months in one list.
    static let longestMonths = 12

    /// Everything that the filter lets through, from the newest.
    init(_ filter: StatementFilter) {
        self.filter = filter
        cursor = .newest
        page = 1
    }

    /// What the fields of an address say. What is not understood is reported; a place in the list that is not understood
    /// is its beginning.
    ///
    /// - Parameter today: the last of the thirty days that an address without any day means.
    init(_ fields: FormFields, today: LocalDate, errors: inout [FieldError]) {
        filter = StatementFilter(
            from: fields.day("from", label: "起始日期", &errors),
            until: fields.day("until", label: "截止日期", &errors),
            kind: Self.choice("kind", label: "类型", fields, &errors) { OrderKind(rawValue: $0) },
            states: Self.choice("state", label: "状态", fields, &errors) { StatementStates.byLabel[$0] },
            direction: Self.choice("direction", label: "收支", fields, &errors) {
                StatementFilter.Direction(rawValue: $0)
            },
            least: Self.amount("least", label: "最小金额", fields, &errors),
            most: Self.amount("most", label: "最大金额", fields, &errors))
        let number = fields.code("order").uppercased()
        filter.orderNumber = number.isEmpty ? nil : number
        let counterparty = fields.text("counterparty").filter { $0 != "\0" }
        filter.counterparty = counterparty.isEmpty ? nil : counterparty
        if let least = filter.least, let most = filter.most, least > most {
            errors.append(FieldError("least", "最小金额不能大于最大金额"))
        }
        cursor =
            if let entry = Int64(fields.text("before")) {
                .olderThan(entry)
            } else if let entry = Int64(fields.text("after")) {
                .newerThan(entry)
            } else {
                .newest
            }
        page = max(1, min(Int(fields.text("page")) ?? 1, 1_000_000))
        if cursor == .newest { page = 1 }
        if !errors.contains(where: { $0.field == "from" || $0.field == "until" }) {
            completeDays(today: today, errors: &errors)
        }
    }

    /// Fills in what the days leave open, so that a list never spans more than the longest time. An order's number alone is
    /// looked for at any time.
    private mutating func completeDays(today: LocalDate, errors: inout [FieldError]) {
        switch (filter.from, filter.until) {
        case (nil, nil) where filter.orderNumber == nil:
            filter.from = today.adding(days: -29)
            filter.until = today
        case (nil, nil): break
        case (let from?, nil):
            let longest = Self.lastDay(from: from)
            filter.until = from <= today ? min(today, longest) : longest
        case (nil, let until?): filter.from = until.adding(years: -1).adding(days: 1)
        case (let from?, let until?):
            if from > until {
                errors.append(FieldError("from", "起始日期不能晚于截止日期"))
            } else if until > Self.lastDay(from: from) {
                errors.append(FieldError("from", "日期范围最长 \(Self.longestMonths) 个月，请缩短"))
            }
        }
    }

    /// The last day of the longest list that begins with this one.
    private static func lastDay(from day: LocalDate) -> LocalDate { day.adding(years: 1).adding(days: -1) }

    private static func choice<Value>(
        _ name: String, label: String, _ fields: FormFields, _ errors: inout [FieldError],
        _ read: (String) -> Value?
    ) -> Value? {
        let text = fields.text(name)
        guard !text.isEmpty else { return nil }
        let value = read(text)
        if value == nil { errors.append(FieldError(name, "\(label)请从列表中选择")) }
        return value
    }

    private static func amount(
        _ name: String, label: String, _ fields: FormFields, _ errors: inout [FieldError]
    ) -> Money? {
        let text = fields.text(name)
        guard !text.isEmpty else { return nil }
        do {
            return try Money(entered: text)
        } catch {
            errors.append(FieldError(name, error.sentence(name: label)))
            return nil
        }
    }

    /// The address of this list.
    var path: Path {
        let list = filtering(.transactions)
        return switch cursor {
        case .newest: list
        case .olderThan(let entry): list.with("before", String(entry)).with("page", String(page))
        case .newerThan(let entry): list.with("after", String(entry)).with("page", String(page))
        }
    }

    /// The address of the export: the same filter, all pages.
    var exportPath: Path { filtering(.transactionsExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("from", filter.from?.description).with("until", filter.until?.description)
            .with("kind", filter.kind?.rawValue).with(
                "state", filter.states.flatMap(StatementStates.label(of:))
            )
            .with("direction", filter.direction?.rawValue).with("least", filter.least?.plain)
            .with("most", filter.most?.plain).with("order", filter.orderNumber)
            .with("counterparty", filter.counterparty)
    }

    /// The page after one that ends with this movement.
    func next(after last: Movement) -> StatementQuery {
        var query = self
        query.cursor = .olderThan(last.entry)
        query.page = page + 1
        return query
    }

    /// The page before one that begins with this movement.
    func previous(before first: Movement) -> StatementQuery {
        var query = self
        query.cursor = page <= 2 ? .newest : .newerThan(first.entry)
        query.page = max(1, page - 1)
        return query
    }
}

/// The states that orders on a statement can be in, by the label that customers know. Several states of the books may
/// share one.
enum StatementStates {
    private static let topUps: [TopUpStatus] = [.credited, .reversalParked, .reversed]
    private static let billPayments: [BillPaymentStatus] = BillPaymentStatus.allCases.filter {
        $0.payment == .paid
    }
    private static let withdrawals: [WithdrawalStatus] = [
        .atBank, .paid, .refused, .returned, .paymentParked,
    ]

    private static let all: [(label: String, state: OrderState)] =
        topUps.map { ($0.wording.label, OrderState($0)) }
        + billPayments.map { ($0.wording.label, OrderState($0)) }
        + withdrawals.map { ($0.wording.label, OrderState($0)) }

    /// The states of each label.
    static let byLabel = Dictionary(grouping: all, by: \.label).mapValues { $0.map(\.state) }

    /// The labels, each once, in the order of the kinds and their states.
    static let labels = all.map(\.label).reduce(into: [String]()) { labels, label in
        if !labels.contains(label) { labels.append(label) }
    }

    /// The label of these states, if they are one's.
    static func label(of states: [OrderState]) -> String? {
        byLabel.first { $0.value == states }?.key
    }
}

extension Path {
    /// 导出 CSV of 交易明细.
    static let transactionsExport = transactions.below("export.csv")
}
