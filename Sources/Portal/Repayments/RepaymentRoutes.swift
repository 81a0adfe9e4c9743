import Hummingbird
import Payments

/// 应收企业款: what a company owes, its repayment out of the balance, and payments that go on. Operations propose, a second
/// person decides.
struct RepaymentRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        let people = routes.staff(.operations, .supervisor)
        people.get(.receivable(.merchantNumber)) { _, context in try await page(context) }
        routes.staff(.operations).post(.repaymentProposal(.merchantNumber), use: propose)
        people.post(.repaymentDecision(.merchantNumber), use: decide)
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = RepaymentForm(context.form)
        let command = try CommandID(posted: context.form["command"])
        guard let amount = form.checkedAmount else { return try await page(context, form) }
        return try await acting(context, form) { number in
            try await portal.platform.repayments.propose(
                of: number, amount, reason: form.reason, command: command, by: context.session.member,
                from: context.origin)
        }
    }

    private func decide(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = RepaymentForm(context.form)
        let command = try CommandID(posted: context.form["command"])
        return try await acting(context, form) { number in
            try await portal.platform.repayments.decide(
                context.form["number"], of: number, isAgreed: context.form["decision"] == "grant",
                reason: form.reply, version: Int(context.form["version"]) ?? 0, command: command,
                by: context.session.member, from: context.origin)
        }
    }

    private func acting(
        _ context: StaffContext, _ form: RepaymentForm, _ act: (String) async throws -> Void
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.merchantNumber.name)
        do {
            try await act(number)
            return .seeOther(.receivable(number))
        } catch let error as RepaymentError {
            return try await page(context, form, error)
        } catch is CommandReused {
            return try await page(context, form, .stale)
        }
    }

    private func page(
        _ context: StaffContext, _ form: RepaymentForm? = nil, _ error: RepaymentError? = nil
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.merchantNumber.name)
        let region = context.session.member.region
        guard error != .notFound,
            let details = try await portal.platform.enterprises.details(
                merchantNumber: number, within: region),
            let receivable = try await portal.platform.repayments.receivable(of: number, within: region)
        else { throw SiteError.notFound }
        let page = RepaymentPage(
            layout: context.layout.marking(.enterprises), enterprise: details.enterprise,
            receivable: receivable,
            member: context.session.member, command: CommandID(effects: portal.platform.effects).text,
            form: form, error: error)
        return .page(page, status: form == nil ? .ok : .unprocessableContent)
    }
}

/// What was typed on the page of a company's debt.
struct RepaymentForm: Sendable {
    let amount: String
    let reason: String
    let reply: String
    /// Whether it is the decision that was posted.
    let isDecision: Bool

    init(_ fields: FormFields) {
        amount = fields.text("amount")
        reason = fields.text("reason")
        reply = fields.text("reply")
        isDecision = fields.has("decision")
    }

    /// The amount; nil when it is none, or no reason was given.
    var checkedAmount: Money? { errors.isEmpty ? try? Money(entered: amount) : nil }

    /// What is wrong with the typing itself.
    var errors: [FieldError] {
        guard !isDecision else { return [] }
        var errors: [FieldError] = []
        do throws(MoneyEntryError) {
            _ = try Money(entered: amount)
        } catch {
            errors.append(FieldError("amount", error.sentence(name: "还款金额")))
        }
        if reason.isEmpty { errors.append(FieldError("reason", "请填写原因")) }
        return errors
    }
}

/// 应收企业款 of one company.
struct RepaymentPage: Page {
    /// The request that waits.
    struct Waiting: Sendable {
        let number: String
        let amount: String
        let reason: String
        let proposer: String
        let version: String
        let canDecide: Bool
        /// Why the person who looks does not decide, where the request is that person's own.
        let own: String?
        let reply: TextField
    }

    /// The form of a new request.
    struct Proposal: Sendable {
        let amount: AmountField
        let reason: TextField
    }

    /// A request that was decided.
    struct Row: Sendable {
        let number: String
        let amount: String
        let reason: String
        let proposer: String
        let state: StateTag
        let reply: String
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let notice: Notice?
    let name: String
    let enterpriseAddress: String
    let state: StateTag
    let owed: String
    let available: String
    let parked: String
    let proposeAddress: String
    let decideAddress: String
    let command: String
    let waiting: Waiting?
    let proposal: Proposal?
    /// Why there is no form, where there is none.
    let remark: String?
    let hasRows: Bool
    let rows: [Row]

    init(
        layout: Layout, enterprise: Enterprise, receivable: Receivable, member: StaffMember, command: String,
        form: RepaymentForm? = nil, error: RepaymentError? = nil
    ) {
        var errors = form?.errors ?? []
        if let field = error?.field(isDecision: form?.isDecision ?? false) {
            errors.append(FieldError(field, error?.sentence ?? ""))
        }
        self.layout = layout
        self.command = command
        hasErrors = !errors.isEmpty || error != nil
        errorSummary = ErrorSummary(errors)
        notice = error.flatMap { errors.isEmpty ? Notice($0.sentence, .warning, isAlert: true) : nil }
        name = enterprise.name
        enterpriseAddress = Path.enterprise(enterprise.merchantNumber).text
        state = enterprise.state.tag
        owed = receivable.owed.formatted
        available = receivable.available.formatted
        parked = receivable.hasParkedLoss ? "有，处理后才能恢复付款" : "无"
        proposeAddress = Path.repaymentProposal(enterprise.merchantNumber).text
        decideAddress = Path.repaymentDecision(enterprise.merchantNumber).text
        let isOwn = receivable.waiting?.proposerID == member.id
        waiting = receivable.waiting.map { found in
            Waiting(
                number: found.number, amount: found.amount.formatted, reason: found.reason,
                proposer: "\(found.proposedBy)，\(BeijingTime.minute(found.proposedAt))",
                version: String(found.version),
                canDecide: ControlledAction.repayReceivable.isDecided(by: member.role) && !isOwn,
                own: isOwn ? OwnProposal.remark : nil,
                reply: TextField(
                    "reply", label: "退回原因", value: form?.reply ?? "", maximum: 400, errors: errors))
        }
        let isStopped = enterprise.state == .outgoingStopped
        let canPropose =
            receivable.waiting == nil && member.role == .operations
            && (receivable.owed.isPositive || isStopped)
        proposal =
            canPropose
            ? Proposal(
                amount: AmountField(
                    "amount", label: "还款金额",
                    value: form?.amount ?? min(receivable.owed, receivable.available).plain,
                    hint: "从可用余额扣除；没有欠款、只申请恢复付款时填 0", errors: errors),
                reason: TextField(
                    "reason", label: "原因", value: form?.reason ?? "", maximum: 400, errors: errors))
            : nil
        remark =
            receivable.waiting != nil || canPropose
            ? nil : receivable.owed.isPositive || isStopped ? "由运营员提出还款或恢复付款。" : "没有欠款，付款没有停止。"
        rows = receivable.decided.map { found in
            Row(
                number: found.number, amount: found.amount.formatted, reason: found.reason,
                proposer: "\(found.proposedBy)，\(BeijingTime.minute(found.proposedAt))",
                state: found.state == .agreed ? StateTag("已同意", .success) : StateTag("已退回", .returned),
                reply: found.reply)
        }
        hasRows = !rows.isEmpty
    }
}

extension RepaymentError {
    /// What stands in the way.
    var sentence: String {
        switch self {
        case .notFound: "没有找到该企业或申请"
        case .notAllowed: "您的角色或地区不能办理"
        case .reasonMissing: "请填写退回原因"
        case .moreThanOwed: "还款金额超过欠款"
        case .balanceShort: "可用余额不足以还款"
        case .nothingToDo: "仍有欠款、或付款没有停止，不能只恢复付款"
        case .stale: "已有申请等待处理，或已由他人处理；以下为最新内容"
        case .samePerson: "申请由您本人提出，须由他人复核"
        }
    }

    /// The field that it belongs to.
    func field(isDecision: Bool) -> String? {
        switch self {
        case .reasonMissing: isDecision ? "reply" : "reason"
        case .moreThanOwed, .balanceShort, .nothingToDo: isDecision ? nil : "amount"
        case .notFound, .notAllowed, .stale, .samePerson: nil
        }
    }
}

extension Path {
    /// 应收企业款 of an enterprise.
    static func receivable(_ number: some PathValue) -> Path { enterprise(number).below("receivable") }
    /// Where a repayment is proposed.
    static func repaymentProposal(_ number: some PathValue) -> Path { receivable(number).below("propose") }
    /// Where one is decided.
    static func repaymentDecision(_ number: some PathValue) -> Path { receivable(number).below("decide") }
}
