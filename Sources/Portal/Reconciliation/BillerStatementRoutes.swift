import Hummingbird
import Payments

/// 收费单位对账单: the billers' days and their export.
struct BillerStatementRoutes: Sendable {
    /// Statements a page.
    static let limit = 20

    let portal: Portal

    private var statements: BillerStatements { portal.platform.billerStatements }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.billerStatements, use: list)
        readers.get(.billerStatementsExport, use: export)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = BillerStatementQuery(fields, errors: &errors)
        let found =
            errors.isEmpty
            ? try await statements.list(query.filter, before: query.before, limit: Self.limit + 1) : []
        let page = BillerStatementsPage(
            layout: context.layout, query: query, days: Array(found.prefix(Self.limit)),
            billers: try await statements.billers(), hasMore: found.count > Self.limit, fields: fields,
            errors: errors)
        return .page(page, status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = BillerStatementQuery(fields, errors: &errors)
        guard errors.isEmpty else {
            // The list says what is wrong with its address.
            return .seeOther(fields.pairs.reduce(.billerStatements) { $0.with($1.name, $1.value) })
        }
        let found = try await statements.list(query.filter, limit: BillerStatements.exportLimit + 1)
        var file = CSVFile()
        file.append(["对账单日期", "收费单位", "对账单", "类别", "笔数", "金额(元)"])
        for day in found.prefix(BillerStatements.exportLimit) {
            let start = [day.day.description, day.billerName, day.tag.label]
            if day.sums.isEmpty { file.append(start + ["", "0", ""]) }
            for sum in day.sums {
                file.append(start + [sum.kind.label, String(sum.lines), sum.amount.plain])
            }
        }
        if found.count > BillerStatements.exportLimit {
            file.note("只导出最近 \(BillerStatements.exportLimit) 份，请缩短日期范围")
        }
        return .csv(file, name: "收费单位对账单.csv", plainName: "biller-statements.csv")
    }
}

/// What the address of 收费单位对账单 asks for. Read from an address and written to one by the same type.
struct BillerStatementQuery: Sendable {
    let filter: BillerStatements.Filter
    let before: BillerDay.Place?

    /// What the fields of an address say. A day that is not understood is reported; anything else counts as not asked for.
    init(_ fields: FormFields, errors: inout [FieldError]) {
        let biller = fields["biller"]
        filter = BillerStatements.Filter(
            biller: biller.isEmpty ? nil : biller,
            from: fields.day("from", label: "起始日期", &errors),
            until: fields.day("until", label: "截止日期", &errors))
        before = LocalDate(entered: fields["before"]).flatMap { day in
            Int64(fields["row"]).map { BillerDay.Place(day: day, id: $0) }
        }
        if let from = filter.from, let until = filter.until, from > until {
            errors.append(FieldError("from", "起始日期不能晚于截止日期"))
        }
    }

    /// The list from its start or below a statement.
    func path(before place: BillerDay.Place? = nil) -> Path {
        filtering(.billerStatements).with("before", place?.day.description)
            .with("row", place.map { String($0.id) })
    }

    /// The address of the export: the same filter, all pages.
    var exportPath: Path { filtering(.billerStatementsExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("biller", filter.biller).with("from", filter.from?.description)
            .with("until", filter.until?.description)
    }
}

extension Path {
    /// 收费单位对账单.
    static let billerStatements = admin.below("biller-statements")
    /// 导出 CSV of 收费单位对账单.
    static let billerStatementsExport = billerStatements.below("export.csv")
    /// 收费单位对账单 of one day.
    static func billerStatements(of day: LocalDate) -> Path {
        billerStatements.with("from", day.description).with("until", day.description)
    }
}
