import Hummingbird
import Payments

/// 收费单位结算: the settlements, one of them with its payments, and how two people pay it.
struct SettlementRoutes: Sendable {
    /// Settlements a page.
    static let limit = 20

    let portal: Portal

    private var settlements: BillerSettlements { portal.platform.billerSettlements }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.settlements, use: list)
        readers.get(.settlement(.number), use: page)
        readers.get(.settlementLines(.number), use: export)
        routes.staff(.operations).post(.settlementProposal(.number), use: propose)
        routes.staff(.operations).post(.settlementResolution(.number), use: resolve)
        let deciders = routes.staff(.operations, .supervisor)
        deciders.post(.settlementApproval(.number), use: agree)
        deciders.post(.settlementReturn(.number), use: sendBack)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = SettlementQuery(request.queryFields)
        let page = try await settlements.list(
            query.filter, within: context.session.member.region, before: query.before, limit: Self.limit)
        return .page(SettlementListPage(layout: context.layout, query: query, page: page))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let before = Int64(request.queryFields["before"])
        return .page(
            SettlementPage(
                layout: context.layout, details: try await find(context, messagesBefore: before),
                reader: context.session.member, command: command(), messagesBefore: before))
    }

    private func export(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try number(context)
        let lines = try await settlements.lines(of: number, within: context.session.member.region)
        guard let lines else { throw SiteError.notFound }
        var file = CSVFile()
        file.append(["缴费订单号", "户号", "收费单位流水号", "对账单日期", "金额(元)"])
        for line in lines {
            file.append([
                line.number, line.customerNumber, line.billerSerial, line.agreedOn?.description ?? "",
                line.amount.plain,
            ])
        }
        return .csv(file, name: "收费单位结算_\(number).csv", plainName: "settlement-\(number).csv")
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, version, command in
            try await settlements.propose(
                number, version: version, command: command, by: context.session.member, from: context.origin)
        }
    }

    private func agree(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, version, command in
            try await settlements.decide(
                number, isGranted: true, version: version, command: command, by: context.session.member,
                from: context.origin)
        }
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, version, command in
            try await settlements.decide(
                number, isGranted: false, reason: context.form.text("reason"), version: version,
                command: command, by: context.session.member, from: context.origin)
        }
    }

    /// 处理完毕: closes the items that the page showed.
    private func resolve(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try number(context)
        let resolution = context.form.text("resolution")
        let items = context.form["items"].split(separator: ",").compactMap { Int64($0) }
        let refusal: FieldError
        do {
            try await settlements.resolve(
                items, of: number, resolution: resolution, by: context.session.member, from: context.origin)
            return .seeOther(.settlement(number))
        } catch let error as WorkItemError {
            switch error {
            case .notFound: throw SiteError.notFound
            case .notAllowed: throw SiteError.roleNeeded([.operations])
            case .resolutionMissing: refusal = FieldError("resolution", "请填写处理说明，最多 500 个字")
            case .goesOn: refusal = FieldError("matters", "结算或其差异尚未了结，待办将随之自动关闭")
            }
        }
        let page = SettlementPage(
            layout: context.layout, details: try await find(context), reader: context.session.member,
            command: command(), resolution: resolution, errors: [refusal])
        return .page(page, status: .unprocessableContent)
    }

    /// Acts and shows the settlement; what stands in the way is said on its page as it is now.
    private func acting(
        _ context: StaffContext, _ act: (String, Int, CommandID) async throws -> Void
    ) async throws -> Response {
        let number = try number(context)
        let command = try CommandID(posted: context.form["command"])
        do {
            try await act(number, Int(context.form["version"]) ?? 0, command)
            return .seeOther(.settlement(number))
        } catch let error where error is BillerSettlementError || error is CommandReused {
            let error = error as? BillerSettlementError ?? .stale
            guard error != .notFound else { throw SiteError.notFound }
            let page = SettlementPage(
                layout: context.layout, details: try await find(context), reader: context.session.member,
                command: self.command(), reason: context.form.text("reason"), error: error)
            return .page(page, status: .unprocessableContent)
        }
    }

    private func command() -> String { CommandID(effects: portal.platform.effects).text }

    private func number(_ context: StaffContext) throws -> String {
        try context.parameters.require(Path.Parameter.number.name)
    }

    private func find(
        _ context: StaffContext, messagesBefore: Int64? = nil
    ) async throws -> BillerSettlementDetails {
        let found = try await settlements.find(
            try number(context), messagesBefore: messagesBefore, within: context.session.member.region)
        guard let found else { throw SiteError.notFound }
        return found
    }
}

/// The filters and the place in 收费单位结算, as they stand in its address.
struct SettlementQuery: Sendable {
    let filter: BillerSettlements.Filter
    let before: Int64?

    init(_ fields: FormFields) {
        filter = BillerSettlements.Filter(
            status: BillerSettlementStatus(rawValue: fields["state"]),
            search: String(fields.text("q").prefix(100)))
        before = Int64(fields["before"])
    }

    /// Whether the list is narrowed to something.
    var isFiltered: Bool { filter != BillerSettlements.Filter() }

    /// The list with these filters, from its start or below a key.
    func address(before key: Int64? = nil) -> Path {
        Path.settlements.with("q", filter.search).with("state", filter.status?.rawValue)
            .with("before", key.map { String($0) })
    }
}
