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

    /// What the fields of an address say. What is not understood counts as not said, except days, which are reported.
    ///
    /// - Parameter today: the last of the thirty days that an address without any day means.
    init(_ fields: FormFields, today: LocalDate, errors: inout [FieldError]) {
        let from = Self.day("from", label: "起始日期", fields, &errors)
        let until = Self.day("until", label: "截止日期", fields, &errors)
        filter = StatementFilter(
            from: from, until: until, kind: OrderKind(rawValue: fields.text("kind")),
            direction: StatementFilter.Direction(rawValue: fields.text("direction")))
        let number = fields.text("order").uppercased()
        filter.orderNumber = number.isEmpty ? nil : number
        if from == nil, until == nil, errors.isEmpty, number.isEmpty {
            filter.from = today.adding(days: -29)
            filter.until = today
        }
        if let from, let until {
            if from > until {
                errors.append(FieldError("from", "起始日期不能晚于截止日期"))
            } else if from.adding(days: 366) < until {
                errors.append(FieldError("from", "日期范围最长 \(Self.longestMonths) 个月，请缩短"))
            }
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
    }

    private static func day(
        _ name: String, label: String, _ fields: FormFields, _ errors: inout [FieldError]
    ) -> LocalDate? {
        let text = fields.text(name)
        guard !text.isEmpty else { return nil }
        guard let day = LocalDate(entered: text) else {
            errors.append(FieldError(name, "\(label)请按 2026-11-22 的格式填写"))
            return nil
        }
        return day
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
            .with("kind", filter.kind?.rawValue).with("direction", filter.direction?.rawValue)
            .with("order", filter.orderNumber)
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

extension Path {
    /// 导出 CSV of 交易明细.
    static let transactionsExport = transactions.below("export.csv")
}
