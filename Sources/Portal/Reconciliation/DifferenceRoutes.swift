import Hummingbird
import Payments

/// 差异处理: the list of cases, one case, and the two acts on it.
struct DifferenceRoutes: Sendable {
    /// Cases a page.
    static let limit = 20

    let portal: Portal

    private var differences: Differences { portal.platform.differences }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.differences, use: list)
        readers.get(.differencesExport, use: export)
        readers.get(.difference(.number), use: page)
        routes.staff(.operations).post(.differenceProposal(.number), use: propose)
        routes.staff(.operations, .supervisor).post(.differenceDecision(.number), use: decide)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = DifferenceListQuery(fields, errors: &errors)
        let found =
            errors.isEmpty
            ? try await differences.list(
                query.filter, within: context.session.member.region, before: query.before,
                limit: Self.limit + 1) : []
        let page = DifferenceListPage(
            layout: context.layout, query: query, differences: Array(found.prefix(Self.limit)),
            hasMore: found.count > Self.limit, fields: fields, errors: errors)
        return .page(page, status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        let fields = request.queryFields
        var errors: [FieldError] = []
        let query = DifferenceListQuery(fields, errors: &errors)
        guard errors.isEmpty else {
            // The list says what is wrong with its address.
            return .seeOther(fields.pairs.reduce(.differences) { $0.with($1.name, $1.value) })
        }
        let found = try await differences.list(
            query.filter, within: context.session.member.region, limit: Differences.exportLimit + 1)
        var file = CSVFile()
        file.append([
            "差异编号", "清算日", "渠道", "类别", "状态", "流水号", "订单号", "单位名称", "银行金额(元)", "我方金额(元)", "挂账金额(元)",
            "处理方式", "说明", "发现时间(北京时间)",
        ])
        for difference in found.prefix(Differences.exportLimit) {
            file.append([
                difference.number, difference.settlementDate.description, difference.channel.label,
                difference.kindLabel, difference.state.label, difference.serial ?? "",
                difference.orderNumber ?? "", difference.enterpriseName ?? "",
                difference.bankAmount?.plain ?? "", difference.ourAmount?.plain ?? "",
                difference.amount.plain, difference.handling.map(difference.label) ?? "", difference.detail,
                BeijingTime.second(difference.raisedAt),
            ])
        }
        if found.count > Differences.exportLimit {
            file.note("只导出最近 \(Differences.exportLimit) 件，请增加筛选条件")
        }
        return .csv(file, name: "对账差异.csv", plainName: "differences.csv")
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        .page(
            DifferencePage(
                layout: context.layout, details: try await find(context), for: context.session.member,
                command: command()))
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, reason in
            guard let handling = Handling(rawValue: context.form["handling"]) else {
                throw DifferenceError.unfitting
            }
            try await differences.propose(
                number, handling, reason: reason, for: context.form.code("merchantNumber"),
                command: command, by: context.session.member, from: context.origin)
        }
    }

    private func decide(_ request: Request, _ context: StaffContext) async throws -> Response {
        let decision = context.form["decision"]
        guard ["grant", "return"].contains(decision) else {
            throw SiteError.badRequest("the field decision is neither grant nor return")
        }
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, reason in
            try await differences.decide(
                number, isGranted: decision == "grant", reason: reason,
                version: Int(context.form["version"]) ?? 0, command: command, by: context.session.member,
                from: context.origin)
        }
    }

    /// Acts and shows the case; what stands in the way is said on its page as it stands now.
    private func acting(
        _ context: StaffContext, _ act: (String, String) async throws -> Void
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let reason = context.form.text("reason")
        do {
            try await act(number, reason)
            // Sent back, money of nobody is the whole country's again.
            let isInReach = try await differences.find(number, within: context.session.member.region) != nil
            return .seeOther(isInReach ? .difference(number) : .differences)
        } catch let error where error is DifferenceError || error is CommandReused {
            let error = error as? DifferenceError ?? .stale
            guard error != .notFound else { throw SiteError.notFound }
            let page = DifferencePage(
                layout: context.layout, details: try await find(context), for: context.session.member,
                command: command(), fields: context.form, error: error)
            return .page(page, status: .unprocessableContent)
        }
    }

    /// A new id for the forms of a page.
    private func command() -> String { CommandID(effects: portal.platform.effects).text }

    private func find(_ context: StaffContext) async throws -> DifferenceDetails {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let found = try await differences.details(number, within: context.session.member.region)
        guard let found else { throw SiteError.notFound }
        return found
    }
}

/// What the address of 差异处理 asks for. Read from an address and written to one by the same type.
struct DifferenceListQuery: Sendable {
    /// The value that asks for what waits for a person.
    static let waiting = "waiting"

    let filter: Differences.Filter
    let before: Int64?

    /// The newest cases of a filter.
    init(_ filter: Differences.Filter) {
        self.filter = filter
        before = nil
    }

    /// What the fields of an address say. A day that is not understood is reported; anything else counts as not asked for.
    init(_ fields: FormFields, errors: inout [FieldError]) {
        filter = Differences.Filter(
            day: fields.day("day", label: "清算日", &errors),
            channel: Channel(rawValue: fields["channel"]), kind: DifferenceClass(rawValue: fields["class"]),
            state: DifferenceState(rawValue: fields["state"]), isOpenOnly: fields["state"] == Self.waiting)
        before = Int64(fields["before"])
    }

    /// What the field of the state holds.
    var stateValue: String { filter.state?.rawValue ?? (filter.isOpenOnly ? Self.waiting : "") }

    /// The list from its start.
    var path: Path { filtering(.differences) }

    /// The page below a case.
    func path(before id: Int64) -> Path { path.with("before", String(id)) }

    /// The address of the export: the same filter, all pages.
    var exportPath: Path { filtering(.differencesExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("state", stateValue).with("class", filter.kind?.rawValue)
            .with("channel", filter.channel?.rawValue).with("day", filter.day?.description)
    }
}

extension Path {
    /// 差异处理.
    static let differences = admin.below("differences")
    /// 导出 CSV of 差异处理.
    static let differencesExport = differences.below("export.csv")
    /// One case of reconciliation.
    static func difference(_ number: some PathValue) -> Path { differences.below(number) }
    /// Where a proposal is posted.
    static func differenceProposal(_ number: some PathValue) -> Path { difference(number).below("propose") }
    /// Where the decision on a proposal is posted.
    static func differenceDecision(_ number: some PathValue) -> Path { difference(number).below("decide") }
}
