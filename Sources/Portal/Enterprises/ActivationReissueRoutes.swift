import Foundation
import Hummingbird
import Payments

/// The activation that an enterprise waits for, and 重发激活链接: an account manager asks, a supervisor decides. The link
/// itself is on no page.
struct ReissueCard: Sendable {
    /// What waits for a second person.
    struct Waiting: Sendable {
        let requestedBy: String
        let requestedAt: String
        let reason: String
    }

    let operatorName: String
    let mobile: String
    let expiry: String
    let waiting: Waiting?
    let canRequest: Bool
    let canDecide: Bool
    /// Why the person who sees it can do nothing, where somebody else can.
    let remark: String?
    let requestAddress: String
    let grantAddress: String
    let returnAddress: String
    let csrf: String
    let command: String
    /// The request that a decision is about.
    let request: String
    let reason: String
    let hasError: Bool
    let error: String

    init(
        _ activation: PendingActivation, merchantNumber: String, role: StaffRole, csrf: String,
        command: String,
        reason: String = "", error: ActivationReissueError? = nil, at now: Date
    ) {
        operatorName = activation.operatorName
        mobile = activation.mobileMasked
        let end = BeijingTime.minute(activation.linkExpiresAt)
        expiry = activation.linkExpiresAt > now ? "有效至 \(end)" : "已于 \(end) 过期"
        waiting = activation.reissue.map { reissue in
            Waiting(
                requestedBy: reissue.requestedBy, requestedAt: BeijingTime.minute(reissue.requestedAt),
                reason: reissue.reason)
        }
        canRequest = waiting == nil && role == .accountManager
        canDecide = waiting != nil && role == .supervisor
        remark =
            canRequest || canDecide ? nil : waiting == nil ? "需要重发时，由客户经理提出申请。" : "重发申请等待审核员处理。"
        requestAddress = Path.activationReissue(merchantNumber).text
        grantAddress = Path.activationReissueApproval(merchantNumber).text
        returnAddress = Path.activationReissueReturn(merchantNumber).text
        self.csrf = csrf
        self.command = command
        request = activation.reissue.map { String($0.id) } ?? ""
        self.reason = reason
        hasError = error == .reasonMissing
        self.error = hasError ? error?.sentence ?? "" : ""
    }
}

/// Where 重发激活链接 is posted.
struct ActivationReissueRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.staff(.accountManager).post(.activationReissue(.merchantNumber), use: request)
        routes.staff(.supervisor).post(.activationReissueApproval(.merchantNumber), use: grant)
        routes.staff(.supervisor).post(.activationReissueReturn(.merchantNumber), use: sendBack)
    }

    private func request(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, command, moment in
            try await portal.platform.activations.requestReissue(
                for: number, reason: context.form.text("reason"), command: command,
                by: context.session.member, from: context.origin, at: moment)
        }
    }

    private func grant(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, command, moment in
            try await portal.platform.activations.grantReissue(
                Int64(context.form["request"]) ?? 0, for: number, command: command,
                by: context.session.member, from: context.origin, at: moment)
        }
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await acting(context) { number, command, moment in
            try await portal.platform.activations.returnReissue(
                Int64(context.form["request"]) ?? 0, for: number, reason: context.form.text("reason"),
                command: command, by: context.session.member, from: context.origin, at: moment)
        }
    }

    /// Acts and shows the enterprise; what stands in the way is said on its page as it stands now.
    private func acting(
        _ context: StaffContext, _ act: (String, CommandID, Date) async throws -> Void
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.merchantNumber.name)
        let command = try CommandID(posted: context.form["command"])
        do {
            try await act(number, command, portal.platform.effects.now())
            return .seeOther(.enterprise(number))
        } catch let error as ActivationReissueError {
            let found = try await portal.platform.enterprises.details(
                merchantNumber: number, within: context.session.member.region)
            guard error != .notFound, let details = found else { throw SiteError.notFound }
            let card = try await portal.reissueCard(
                for: details, context, reason: context.form.text("reason"), error: error)
            let page = EnterprisePage(
                layout: context.layout.marking(.enterprises), details: details,
                role: context.session.member.role, reissue: card, reissueError: error)
            return .page(page, status: .unprocessableContent)
        }
    }
}

extension Portal {
    /// What the page of an enterprise shows of the activation it waits for; nil when it waits for none.
    func reissueCard(
        for details: EnterpriseDetails, _ context: StaffContext, reason: String = "",
        error: ActivationReissueError? = nil
    ) async throws -> ReissueCard? {
        guard let pending = try await platform.activations.pending(of: details.enterprise.id) else {
            return nil
        }
        return ReissueCard(
            pending, merchantNumber: details.enterprise.merchantNumber, role: context.session.member.role,
            csrf: context.layout.csrf, command: CommandID(effects: platform.effects).text, reason: reason,
            error: error, at: platform.effects.now())
    }
}

extension ActivationReissueError {
    /// What stands in the way.
    var sentence: String {
        switch self {
        case .notFound: "没有找到该企业"
        case .notAllowed: "您的角色或地区不能办理"
        case .reasonMissing: "请填写原因，最多 500 个字"
        case .alreadyRequested: "已有重发申请等待审核，请勿重复提交"
        case .stale: "经办人已激活，或申请已由他人处理；以下为最新内容"
        case .samePerson: "重发申请由您本人提交或与您本人有关，须由另一人审核"
        }
    }
}

extension Path {
    /// Where 重发激活链接 of an enterprise's operator is asked for.
    static func activationReissue(_ number: some PathValue) -> Path {
        enterprise(number).below("activation-reissue")
    }
    /// Where it is granted.
    static func activationReissueApproval(_ number: some PathValue) -> Path {
        activationReissue(number).below("approval")
    }
    /// Where it is sent back.
    static func activationReissueReturn(_ number: some PathValue) -> Path {
        activationReissue(number).below("return")
    }
}
