import Foundation
import Hummingbird
import Payments

/// What staff can do about a registered account that is not verified: operations take it to a check on paper, a second
/// person confirms or refuses it.
struct AccountCheck: Sendable {
    let canRequest: Bool
    let canDecide: Bool
    /// Why the person who sees it can do nothing, where somebody else can.
    let remark: String?
    let requestAddress: String
    let confirmAddress: String
    let refuseAddress: String
    let csrf: String
    let reason: String
    let hasError: Bool
    let error: String

    /// Nil where nothing is open.
    init?(
        _ account: RegisteredAccount, merchantNumber: String, role: StaffRole, csrf: String,
        reason: String = "",
        error: String? = nil
    ) {
        switch account.state {
        case .unverified:
            canRequest = role == .operations
            canDecide = false
            remark = canRequest ? nil : "等待运营员人工核实；核实前不能提现。"
        case .manualCheck:
            canRequest = false
            canDecide = ControlledAction.verifyRegisteredAccount.isDecided(by: role)
            remark = canDecide ? nil : "正在人工核实，等待另一人确认；核实前不能提现。"
        default: return nil
        }
        let base = Path.enterprise(merchantNumber).below("account-check")
        requestAddress = base.text
        confirmAddress = base.below("approval").text
        refuseAddress = base.below("refusal").text
        self.csrf = csrf
        self.reason = reason
        hasError = error != nil
        self.error = error ?? ""
    }
}

/// Where the check of a registered account is posted.
struct AccountCheckRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.staff(.operations).post(.accountCheck(.merchantNumber), use: request)
        routes.staff(.operations, .supervisor).post(.accountCheckApproval(.merchantNumber), use: confirm)
        routes.staff(.operations, .supervisor).post(.accountCheckRefusal(.merchantNumber), use: refuse)
    }

    private func request(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { account, reason, moment in
            try await portal.platform.registeredAccounts.requestManualCheck(
                of: account, reason: reason, by: context.session.member, from: context.origin, at: moment)
        }
    }

    private func confirm(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { account, _, moment in
            try await portal.platform.registeredAccounts.confirm(
                account, by: context.session.member, from: context.origin, at: moment)
        }
    }

    private func refuse(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { account, reason, moment in
            try await portal.platform.registeredAccounts.refuse(
                account, reason: reason, by: context.session.member, from: context.origin, at: moment)
        }
    }

    /// Acts and shows the enterprise; what stands in the way is said on its page.
    private func acting(
        _ context: StaffContext, _ act: (RegisteredAccount.ID, String, Date) async throws -> Void
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.merchantNumber.name)
        let region = context.session.member.region
        guard
            let details = try await portal.platform.enterprises.details(
                merchantNumber: number, within: region),
            let account = details.registeredAccount
        else { throw SiteError.notFound }
        let reason = context.form.text("reason")
        do {
            try await act(account.id, reason, portal.platform.effects.now())
            return .seeOther(.enterprise(number))
        } catch let error as RegisteredAccountError {
            // As it is now: perhaps somebody else was first.
            let present =
                try await portal.platform.enterprises.details(merchantNumber: number, within: region)
                ?? details
            let page = EnterprisePage(
                layout: context.layout.marking(.enterprises), details: present,
                role: context.session.member.role,
                reissue: try await portal.reissueCard(for: present, context), reason: reason, error: error)
            return .page(page, status: .unprocessableContent)
        }
    }
}

extension RegisteredAccountError {
    /// What stands in the way.
    var sentence: String {
        switch self {
        case .notFound: "没有找到该账户"
        case .notAllowed: "您的角色或地区不能办理"
        case .reasonMissing: "请填写核实依据或原因"
        case .stale: "账户状态已变化，请刷新后再试"
        case .samePerson: "核实申请由您本人提交，或您参与了该单位的开户，须由另一人确认"
        }
    }
}

extension Path {
    /// Where 人工核实 of an enterprise's registered account is posted.
    static func accountCheck(_ number: some PathValue) -> Path { enterprise(number).below("account-check") }
    /// Where its confirmation is posted.
    static func accountCheckApproval(_ number: some PathValue) -> Path {
        accountCheck(number).below("approval")
    }
    /// Where its refusal is posted.
    static func accountCheckRefusal(_ number: some PathValue) -> Path {
        accountCheck(number).below("refusal")
    }
}
