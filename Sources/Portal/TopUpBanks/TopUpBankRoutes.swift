import Hummingbird
import Payments

/// 银行渠道: the banks from which companies top up, and the change of one by two people.
struct TopUpBankRoutes: Sendable {
    let portal: Portal

    private var banks: TopUpBanks { portal.platform.topUpBanks }

    /// Registers the list, the page of a bank, and what can be done there.
    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.staffBanks, use: list)
        readers.get(.staffBank(.number), use: page)
        routes.staff(.operations).post(.staffBankChange(.number), use: propose)
        let deciders = routes.staff(.operations, .supervisor)
        deciders.post(.staffBankApproval(.number), use: grant)
        deciders.post(.staffBankReturn(.number), use: sendBack)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        async let all = banks.list()
        async let waiting = banks.waiting()
        return .page(
            TopUpBankListPage(
                layout: context.layout.marking(.banks), banks: try await all,
                waiting: Set(try await waiting.map(\.code)), query: TopUpBankQuery(request.queryFields),
                at: portal.platform.effects.now()))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        .page(try await page(context))
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = TopUpBankForm(context.form)
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context, form: form) { code in
            let settings = try form.settings()
            try await banks.propose(
                settings, for: code, after: Int(context.form["version"]) ?? -1, reason: form.reason,
                command: command, by: context.session.member, from: context.origin)
        }
    }

    private func grant(_ request: Request, _ context: StaffContext) async throws -> Response {
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context) { code in
            try await banks.decide(
                code, version: Int(context.form["version"]) ?? -1, isGranted: true, command: command,
                by: context.session.member, from: context.origin)
        }
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        let reason = context.form.text("returnReason")
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context, returnReason: reason) { code in
            try await banks.decide(
                code, version: Int(context.form["version"]) ?? -1, isGranted: false, reason: reason,
                command: command, by: context.session.member, from: context.origin)
        }
    }

    /// Acts and shows the bank; what stands in the way is said on its page as it is now.
    private func acting(
        _ context: StaffContext, form: TopUpBankForm? = nil, returnReason: String = "",
        _ act: (String) async throws -> Void
    ) async throws -> Response {
        let code = try context.parameters.require(Path.Parameter.number.name)
        let errors: [FieldError]
        do {
            try await act(code)
            return .seeOther(.staffBank(code))
        } catch let faults as FormFaults {
            errors = faults.errors
        } catch TopUpBankError.notFound {
            throw SiteError.notFound
        } catch let error as TopUpBankError {
            errors = [error.fieldError(isReturning: form == nil)]
        } catch is CommandReused {
            errors = [TopUpBankError.stale.fieldError(isReturning: form == nil)]
        }
        let page = try await page(context, form: form, returnReason: returnReason, errors: errors)
        return .page(page, status: .unprocessableContent)
    }

    private func page(
        _ context: StaffContext, form: TopUpBankForm? = nil, returnReason: String = "",
        errors: [FieldError] = []
    ) async throws -> TopUpBankPage {
        let code = try context.parameters.require(Path.Parameter.number.name)
        guard let (bank, versions) = try await banks.history(code) else { throw SiteError.notFound }
        return TopUpBankPage(
            layout: context.layout.marking(.banks), bank: bank, versions: versions,
            member: context.session.member, command: CommandID(effects: portal.platform.effects).text,
            form: form, returnReason: returnReason, at: portal.platform.effects.now(), errors: errors)
    }
}

extension TopUpBankError {
    /// What stands in the way, beside the field that it is about.
    func fieldError(isReturning: Bool) -> FieldError {
        let heading = "bank-heading"
        return switch self {
        case .reasonMissing:
            FieldError(isReturning ? "returnReason" : "reason", "请填写原因，最多 200 个字")
        case .impossible: FieldError("least", "限额、公告或维护时间不符合要求，请检查")
        case .unchanged: FieldError("reason", "内容与现行设置相同，无需变更")
        case .alreadyProposed: FieldError(heading, "已有变更等待复核，请先处理")
        case .stale: FieldError(heading, "设置已被他人变更或处理，本次操作没有生效；以下为最新内容")
        case .samePerson: FieldError(heading, "变更由您本人提出，须由他人复核")
        case .notAllowed: FieldError(heading, "银行渠道全国通用，只能由负责全国的运营员提出、另一人复核")
        case .notFound: FieldError(heading, "没有这家银行")
        }
    }
}

extension Path {
    /// 银行渠道.
    static let staffBanks = admin.below("banks")
    /// One bank.
    static func staffBank(_ code: some PathValue) -> Path { staffBanks.below(code) }
    /// Where another version of its settings is proposed.
    static func staffBankChange(_ code: some PathValue) -> Path { staffBank(code).below("change") }
    /// Where 通过 is posted.
    static func staffBankApproval(_ code: some PathValue) -> Path { staffBankChange(code).below("approval") }
    /// Where 退回 is posted.
    static func staffBankReturn(_ code: some PathValue) -> Path { staffBankChange(code).below("return") }
}
