import Hummingbird
import Payments

/// 事后监控: the cases that rules have raised, their export, and what is done about one of them.
struct FollowUpRoutes: Sendable {
    /// Cases a page.
    static let limit = 20
    /// Cases an export holds at most, the newest ones.
    static let exportLimit = 10_000

    let portal: Portal

    private var followUps: FollowUps { portal.platform.followUps }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.followUps, use: list)
        readers.get(.followUpsExport, use: export)
        readers.get(.followUp(.number), use: page)
        let workers = routes.staff(.operations)
        workers.post(.followUpOwner(.number), use: takeOver)
        workers.post(.followUpDecision(.number), use: decide)
        workers.post(.followUpHold(.number), use: propose)
        let deciders = routes.staff(.operations, .supervisor)
        deciders.post(.followUpHoldApproval(.number), use: agree)
        deciders.post(.followUpHoldReturn(.number), use: sendBack)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = FollowUpQuery(request.queryFields)
        async let rules = followUps.rules()
        let page = try await followUps.list(
            query.filter, within: context.session.member.region, before: query.before, limit: Self.limit)
        return .page(
            FollowUpListPage(
                layout: context.layout.marking(.followUps), query: query, page: page, rules: try await rules))
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        var query = FollowUpQuery(request.queryFields)
        query.before = nil
        var file = CSVFile()
        file.append([
            "案例编号", "规则", "单位名称", "商户编号", "发生时间(北京时间)", "发现时间(北京时间)", "状态", "处理人", "结论", "依据",
            "暂缓",
        ])
        var count = 0
        repeat {
            let page = try await followUps.list(
                query.filter, within: context.session.member.region, before: query.before, limit: 1000)
            for found in page.rows {
                file.append([
                    found.number, found.rule.name, found.enterpriseName, found.merchantNumber,
                    BeijingTime.second(found.happenedAt), BeijingTime.second(found.raisedAt),
                    found.state.label, found.ownerName ?? "", found.decision?.label ?? "",
                    found.reason ?? "", found.hold?.tag.label ?? "",
                ])
            }
            count += page.rows.count
            query.before = page.next
        } while query.before != nil && count < Self.exportLimit
        if query.before != nil { file.note("只导出最近 \(Self.exportLimit) 件，请缩小筛选范围") }
        let today = LocalDate(portal.platform.effects.now())
        return .csv(file, name: "风险案例_\(today).csv", plainName: "cases.csv")
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        .page(
            FollowUpCasePage(
                layout: context.layout.marking(.followUps), details: try await find(context),
                reader: context.session.member, command: command()))
    }

    private func takeOver(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, _ in
            try await followUps.takeOver(number, by: context.session.member, from: context.origin)
        }
    }

    private func decide(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = FollowUpForm(context.form)
        guard let decision = FollowUpCase.Decision(rawValue: form.decision) else {
            return try await refused(context, form, [FieldError("decision", "请选择结论")] + form.reasonErrors)
        }
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, form in
            try await followUps.decide(
                number, decision, reason: form.reason, command: command, by: context.session.member,
                from: context.origin)
        }
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = FollowUpForm(context.form)
        guard let handling = WithdrawalHold.Handling(rawValue: form.handling) else {
            return try await refused(context, form, [FieldError("handling", "请选择处理方式")] + form.reasonErrors)
        }
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, form in
            try await followUps.propose(
                handling, for: number, version: form.version, reason: form.reason, command: command,
                by: context.session.member, from: context.origin)
        }
    }

    private func agree(_ request: Request, _ context: StaffContext) async throws -> Response {
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, form in
            try await followUps.decideProposal(
                for: number, isGranted: true, version: form.version, command: command,
                by: context.session.member, from: context.origin)
        }
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { number, form in
            try await followUps.decideProposal(
                for: number, isGranted: false, version: form.version, reason: form.reason, command: command,
                by: context.session.member, from: context.origin)
        }
    }

    /// Acts and shows the case; what stands in the way is said on its page as it is now.
    private func acting(
        _ context: StaffContext, _ act: (String, FollowUpForm) async throws -> Void
    ) async throws -> Response {
        let form = FollowUpForm(context.form)
        let number = try context.parameters.require(Path.Parameter.number.name)
        do {
            try await act(number, form)
            return .seeOther(.followUp(number))
        } catch let error where error is FollowUpError || error is CommandReused {
            let error = error as? FollowUpError ?? .stale
            guard error != .notFound else { throw SiteError.notFound }
            let field = error == .reasonMissing ? "reason" : "case-heading"
            return try await refused(context, form, [FieldError(field, error.sentence)])
        }
    }

    private func refused(
        _ context: StaffContext, _ form: FollowUpForm, _ errors: [FieldError]
    ) async throws -> Response {
        let page = FollowUpCasePage(
            layout: context.layout.marking(.followUps), details: try await find(context),
            reader: context.session.member, command: command(), form: form, errors: errors)
        return .page(page, status: .unprocessableContent)
    }

    /// A new id for the forms of a page.
    private func command() -> String { CommandID(effects: portal.platform.effects).text }

    private func find(_ context: StaffContext) async throws -> FollowUpDetails {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let found = try await followUps.find(number, within: context.session.member.region)
        guard let found else { throw SiteError.notFound }
        return found
    }
}

/// What was posted under a case: a choice with its reason.
struct FollowUpForm: Sendable {
    let decision: String
    let handling: String
    let reason: String
    /// Of the hold that was seen.
    let version: Int

    init(_ fields: FormFields) {
        decision = fields["decision"]
        handling = fields["handling"]
        reason = fields.text("reason")
        version = Int(fields["version"]) ?? 0
    }

    /// That the reason is missing, where it is.
    var reasonErrors: [FieldError] {
        reason.isEmpty ? [FieldError("reason", FollowUpError.reasonMissing.sentence)] : []
    }
}

/// The filters and the place in 事后监控, as they stand in its address.
struct FollowUpQuery: Sendable {
    let filter: FollowUpFilter
    var before: Int64?

    init(_ fields: FormFields) {
        filter = FollowUpFilter(
            rule: FollowUpRule.Kind(rawValue: fields["rule"]),
            state: FollowUpState(rawValue: fields["state"]),
            search: String(fields.text("q").prefix(100)))
        before = Int64(fields["before"])
    }

    /// Whether the list is narrowed to something.
    var isFiltered: Bool { filter != FollowUpFilter() }

    /// The list with these filters, from its start or below a key.
    func address(before key: Int64? = nil) -> Path {
        filtering(.followUps).with("before", key.map { String($0) })
    }

    /// The export: the same filter, all pages.
    var exportAddress: Path { filtering(.followUpsExport) }

    private func filtering(_ path: Path) -> Path {
        path.with("q", filter.search).with("rule", filter.rule?.rawValue).with(
            "state", filter.state?.rawValue)
    }
}

extension Path {
    /// 事后监控.
    static let followUps = admin.below("monitoring")
    /// 导出 CSV of 事后监控.
    static let followUpsExport = followUps.below("export.csv")
    /// One 风险案例.
    static func followUp(_ number: some PathValue) -> Path { followUps.below(number) }
    /// Where 接手 is posted.
    static func followUpOwner(_ number: some PathValue) -> Path { followUp(number).below("owner") }
    /// Where 办结 is posted.
    static func followUpDecision(_ number: some PathValue) -> Path { followUp(number).below("decision") }
    /// Where it is proposed what becomes of the withdrawals that a case keeps back.
    static func followUpHold(_ number: some PathValue) -> Path { followUp(number).below("hold") }
    /// Where a second person agrees to that.
    static func followUpHoldApproval(_ number: some PathValue) -> Path {
        followUpHold(number).below("approval")
    }
    /// Where a second person gives it back.
    static func followUpHoldReturn(_ number: some PathValue) -> Path { followUpHold(number).below("return") }
}
