import Hummingbird
import Payments

/// 待审核: the cases that wait for a second person, and the decision on one of them.
struct ApprovalRoutes: Sendable {
    /// Cases a page; each is shown whole, so that nobody decides on a headline.
    static let limit = 5

    let portal: Portal

    /// Registers the list, the page of a case, and the two decisions.
    func register(on routes: Routes) {
        routes.staff(.supervisor).get(.approvals, use: list)
        routes.staff(.supervisor, .accountManager).get(.approval(.number), use: page)
        routes.staff(.supervisor).post(.approvalGrant(.number), use: grant)
        routes.staff(.supervisor).post(.approvalReturn(.number), use: sendBack)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let openings = portal.platform.accountOpenings
        let member = context.session.member
        let after = Int64(request.queryFields["after"])
        let waiting = try await openings.waiting(for: member, after: after, limit: Self.limit)
        var cases: [ApprovalListPage.Case] = []
        for summary in waiting.rows {
            // Decided on since the list was read: leave it out.
            guard let found = try await openings.find(summary.number, for: member), found.state == .submitted
            else { continue }
            cases.append(
                ApprovalListPage.Case(
                    found, decision: decision(on: found, suffix: "-\(found.number)", context)))
        }
        let next = waiting.next.map { Path.approvals.with("after", String($0)) }
        return .page(
            ApprovalListPage(
                layout: context.layout.marking(.approvals), cases: cases,
                pager: Pager(
                    summary: "本页 \(cases.count) 件", first: after == nil ? nil : .approvals, next: next)))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let found = try await find(context)
        return .page(
            ApprovalPage(layout: layout(context), opening: found, decision: decision(on: found, context)))
    }

    private func grant(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let command = try CommandID(posted: context.form["command"])
        return try await deciding(number, context) {
            _ = try await portal.platform.accountOpenings.approve(
                number, version: Int(context.form["version"]) ?? 0, command: command,
                by: context.session.member,
                from: context.origin, at: portal.platform.effects.now())
        }
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let command = try CommandID(posted: context.form["command"])
        return try await deciding(number, context) {
            try await portal.platform.accountOpenings.sendBack(
                number, version: Int(context.form["version"]) ?? 0, reason: context.form.text("reason"),
                command: command, by: context.session.member, from: context.origin,
                at: portal.platform.effects.now())
        }
    }

    /// Decides and shows the case; a refusal is said on the page of the case as it stands now.
    private func deciding(
        _ number: String, _ context: StaffContext, _ decide: () async throws -> Void
    ) async throws -> Response {
        do {
            try await decide()
            return .seeOther(.approval(number))
        } catch let error where error is AccountOpeningError || error is CommandReused {
            let error = error as? AccountOpeningError ?? .stale
            guard error != .notFound else { throw SiteError.notFound }
            let found = try await find(context)
            let errors = error.decisionErrors
            let decision = decision(on: found, reason: context.form.text("reason"), errors: errors, context)
            let page = ApprovalPage(
                layout: layout(context), opening: found, decision: decision, errors: errors)
            return .page(page, status: .unprocessableContent)
        }
    }

    private func find(_ context: StaffContext) async throws -> AccountOpeningCase {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let found = try await portal.platform.accountOpenings.find(number, for: context.session.member)
        guard let found else { throw SiteError.notFound }
        return found
    }

    private func decision(
        on opening: AccountOpeningCase, reason: String = "", errors: [FieldError] = [], suffix: String = "",
        _ context: StaffContext
    ) -> CaseDecision {
        CaseDecision(
            opening, role: context.session.member.role, csrf: context.layout.csrf,
            command: CommandID(effects: portal.platform.effects).text, reason: reason, errors: errors,
            suffix: suffix)
    }

    private func layout(_ context: StaffContext) -> Layout {
        context.layout.marking(context.session.member.role == .supervisor ? .approvals : .opening)
    }
}

extension AccountOpeningError {
    /// What the page of the case says when a decision was not taken.
    fileprivate var decisionErrors: [FieldError] {
        switch self {
        case .reasonMissing: [FieldError(CaseDecision.reasonID, "请填写退回原因，最多 500 个字")]
        case .samePerson: [FieldError("case-heading", "您参与了此申请，不能审核；请由另一位审核员处理")]
        case .notAllowed: [FieldError("case-heading", "您的角色或负责区域不能审核此申请")]
        case .stale, .notFound: [FieldError("case-heading", "申请已被修改或已由他人处理，本次操作没有生效；以下为最新内容")]
        }
    }
}
