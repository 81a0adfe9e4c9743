import Hummingbird
import Payments

/// 对账: days, one day, and their exports.
struct ReconciliationRoutes: Sendable {
    /// Days a page.
    static let limit = 10
    /// Lines of a file a page.
    static let lineLimit = 50
    /// How many differences the page of a day lists; the link beside them leads to all.
    static let differenceLimit = 50

    let portal: Portal

    private var days: ReconciliationDays { portal.platform.reconciliationDays }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.reconciliation, use: list)
        readers.get(.reconciliationExport, use: export)
        readers.get(.reconciliationDay(.day), use: page)
        readers.get(.reconciliationLines(.day), use: exportLines)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = ReconciliationQuery(fields, errors: &errors)
        let found =
            errors.isEmpty
            ? try await days.list(
                query.filter, within: context.session.member.region, before: query.before,
                limit: Self.limit + 1)
            : []
        let page = try ReconciliationPage(
            layout: context.layout, query: query, days: Array(found.prefix(Self.limit)),
            hasMore: found.count > Self.limit, fields: fields, errors: errors)
        return .page(page, status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = ReconciliationQuery(fields, errors: &errors)
        guard errors.isEmpty else {
            // The list says what is wrong with its address.
            return .seeOther(fields.pairs.reduce(.reconciliation) { $0.with($1.name, $1.value) })
        }
        let found = try await days.list(
            query.filter, within: context.session.member.region, limit: ReconciliationDays.exportLimit + 1)
        var file = CSVFile()
        file.append(["清算日", "对账文件", "渠道", "类别", "笔数", "金额(元)", "手续费(元)", "差异"])
        for day in found.prefix(ReconciliationDays.exportLimit) {
            let rows = try ClassTable.rows(of: day, amounts: \.plain)
            if rows.isEmpty { file.append([day.day.description, day.tag.label, "", "", "0", "", "", ""]) }
            for row in rows {
                file.append([
                    row.day, day.tag.label, row.channel, row.kind, row.lines, row.amount, row.fees, row.cases,
                ])
            }
        }
        if found.count > ReconciliationDays.exportLimit {
            file.note("只导出最近 \(ReconciliationDays.exportLimit) 日，请缩短日期范围")
        }
        return .csv(file, name: "对账.csv", plainName: "reconciliation.csv")
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = try lineQuery(request, context)
        let region = context.session.member.region
        let found = try await days.details(
            of: query.day, query.filter, within: region, after: query.after, limit: Self.lineLimit)
        guard let details = found else { throw SiteError.notFound }
        let differences = try await portal.platform.differences.list(
            Differences.Filter(day: query.day), within: region, limit: Self.differenceLimit)
        return .page(
            try ReconciliationDayPage(
                layout: context.layout, details: details, query: query, differences: differences))
    }

    private func exportLines(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = try lineQuery(request, context)
        var file = CSVFile()
        file.append(["行号", "渠道", "交易", "流水号", "订单号", "金额(元)", "手续费(元)", "类别", "差异编号"])
        let isCut = try await days.exportLines(
            of: query.day, query.filter, within: context.session.member.region
        ) { lines in
            for line in lines {
                file.append([
                    String(line.line), line.channel.label, line.trade.label, line.serial, line.orderNumber,
                    line.amount.plain, line.fee.plain, line.kind.label, line.difference ?? "",
                ])
            }
        }
        if isCut { file.note("只导出前 \(ReconciliationDays.lineExportLimit) 笔，请选择渠道或类别") }
        return .csv(
            file, name: "对账明细_\(query.day).csv", plainName: "reconciliation-\(query.day).csv")
    }

    private func lineQuery(_ request: Request, _ context: StaffContext) throws -> BankLineQuery {
        let text = try context.parameters.require(Path.Parameter.day.name)
        guard let day = LocalDate(entered: text) else { throw SiteError.notFound }
        return BankLineQuery(day, request.queryFields)
    }
}

/// What the address of 对账 asks for. Read from an address and written to one by the same type.
struct ReconciliationQuery: Sendable {
    let filter: ReconciliationDays.Filter
    let before: LocalDate?

    /// What the fields of an address say. A day that is not understood is reported; anything else counts as not asked for.
    init(_ fields: FormFields, errors: inout [FieldError]) {
        filter = ReconciliationDays.Filter(
            from: fields.day("from", label: "起始清算日", &errors),
            until: fields.day("until", label: "截止清算日", &errors),
            channel: Channel(rawValue: fields["channel"]))
        before = LocalDate(entered: fields["before"])
        if let from = filter.from, let until = filter.until, from > until {
            errors.append(FieldError("from", "起始清算日不能晚于截止清算日"))
        }
    }

    /// The list from its start or below a day.
    func path(before day: LocalDate? = nil) -> Path {
        filtering(.reconciliation).with("before", day?.description)
    }

    /// The address of the export: the same filter, all pages.
    var exportPath: Path { filtering(.reconciliationExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("from", filter.from?.description).with("until", filter.until?.description)
            .with("channel", filter.channel?.rawValue)
    }
}

/// Which lines of a day's file are asked for. Read from an address and written to one by the same type.
struct BankLineQuery: Sendable {
    /// The value that asks for all lines.
    static let all = "all"

    let day: LocalDate
    let filter: BankLine.Filter
    let after: Int64

    init(_ day: LocalDate, _ fields: FormFields) {
        self.day = day
        filter = BankLine.Filter(
            channel: Channel(rawValue: fields["channel"]), kind: BankLine.Kind(rawValue: fields["class"]),
            includesMatched: fields["class"] == Self.all)
        after = Int64(fields["after"]) ?? 0
    }

    /// What the field of the class holds.
    var classValue: String { filter.kind?.rawValue ?? (filter.includesMatched ? Self.all : "") }

    /// The lines from the first or behind one.
    func path(after line: Int64? = nil) -> Path {
        filtering(.reconciliationDay(day.description)).with("after", line.map { String($0) })
    }

    /// The address of the export: the same filter, all pages.
    var exportPath: Path { filtering(.reconciliationLines(day.description)) }

    private func filtering(_ path: Path) -> Path {
        path.with("channel", filter.channel?.rawValue).with("class", classValue)
    }
}

extension Path {
    /// 对账.
    static let reconciliation = admin.below("reconciliation")
    /// 导出 CSV of 对账.
    static let reconciliationExport = reconciliation.below("export.csv")
    /// One settlement day.
    static func reconciliationDay(_ day: some PathValue) -> Path { reconciliation.below(day) }
    /// 导出 CSV of a day's lines.
    static func reconciliationLines(_ day: some PathValue) -> Path {
        reconciliationDay(day).below("lines.csv")
    }
}
