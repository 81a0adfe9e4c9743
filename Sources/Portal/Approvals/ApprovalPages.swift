import Payments

/// The buttons 通过 and 退回 under a case, or why this reader has none.
struct CaseDecision: Sendable {
    /// The id of the reason's field where one case is shown.
    static let reasonID = "reason"

    let canDecide: Bool
    let csrf: String
    let command: String
    let version: Int
    let grantAddress: String
    let returnAddress: String
    let headingID: String
    let reasonID: String
    let reason: String
    let hasError: Bool
    let error: String
    let hasRefusal: Bool
    let refusal: String

    /// - Parameters:
    ///   - suffix: tells the ids of several cases in one page apart.
    init(
        _ opening: AccountOpeningCase, role: StaffRole, csrf: String, command: String, reason: String = "",
        errors: [FieldError] = [], suffix: String = ""
    ) {
        canDecide = opening.canDecide
        self.csrf = csrf
        self.command = command
        version = opening.version
        grantAddress = Path.approvalGrant(opening.number).text
        returnAddress = Path.approvalReturn(opening.number).text
        headingID = "case-heading\(suffix)"
        reasonID = Self.reasonID + suffix
        self.reason = reason
        let message = errors.message(for: Self.reasonID)
        hasError = message != nil
        error = message ?? ""
        hasRefusal = opening.state == .submitted && !opening.canDecide
        refusal =
            if opening.isOwn, role == .supervisor {
                "您参与了此申请，不能审核；请由另一位审核员处理。"
            } else {
                "等待审核员审核。"
            }
    }
}

/// 待审核: the waiting cases, each shown whole.
struct ApprovalListPage: Page {
    /// One case.
    struct Case: Sendable {
        let headingID: String
        let enterpriseName: String
        let number: String
        let address: String
        let version: Int
        let submittedBy: String
        let submittedAt: String
        let facts: CaseFacts
        let decision: CaseDecision

        init(_ opening: AccountOpeningCase, decision: CaseDecision) {
            headingID = decision.headingID
            enterpriseName = opening.enterpriseName
            number = opening.number
            address = Path.approval(opening.number).text
            version = opening.version
            submittedBy = opening.accountManagerName
            submittedAt = BeijingTime.minute(opening.submittedAt)
            facts = CaseFacts(opening)
            self.decision = decision
        }
    }

    let layout: Layout
    let isEmpty: Bool
    let cases: [Case]
    let pager: Pager

    init(layout: Layout, cases: [Case], pager: Pager) {
        self.layout = layout
        isEmpty = cases.isEmpty
        self.cases = cases
        self.pager = pager
    }
}

/// One opening case: its frozen version, what happened to it, and the decision.
struct ApprovalPage: Page {
    let layout: Layout
    let listAddress: String
    let listLabel: String
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let warning: Notice?
    let enterpriseName: String
    let number: String
    let version: Int
    let state: StateTag
    let submittedBy: String
    let submittedAt: String
    let facts: CaseFacts
    let decision: CaseDecision
    let enterpriseAddress: String?
    let editAddress: String?
    let timeline: Timeline

    init(layout: Layout, opening: AccountOpeningCase, decision: CaseDecision, errors: [FieldError] = []) {
        self.layout = layout
        listAddress = layout.canReview ? Path.approvals.text : Path.admin.text
        listLabel = layout.canReview ? "待审核" : "待办"
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        warning = opening.returnNotice
        enterpriseName = opening.enterpriseName
        number = opening.number
        version = opening.version
        state = opening.state.tag
        submittedBy = opening.accountManagerName
        submittedAt = BeijingTime.minute(opening.submittedAt)
        facts = CaseFacts(opening)
        self.decision = decision
        enterpriseAddress = opening.merchantNumber.map { Path.enterprise($0).text }
        editAddress = opening.canEdit ? Path.opening(opening.number).text : nil
        timeline = opening.timeline
    }
}
