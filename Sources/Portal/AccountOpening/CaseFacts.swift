import Payments

/// The frozen content of an opening case, as whoever decides on it reads it. Account and mobile number are masked.
struct CaseFacts: Sendable {
    let enterpriseName: String
    let creditCode: String
    let hasUnusualCreditCode: Bool
    let legalRepresentative: String
    let operatorName: String
    let mobile: String
    let cityName: String
    let internetBankingBankName: String
    let accountBankName: String
    let lineNumber: String
    let hasUnusualLineNumber: Bool
    let accountNumber: String
    let holderName: String
    let loginID: String

    init(_ opening: AccountOpeningCase) {
        enterpriseName = opening.enterpriseName
        creditCode = opening.creditCode
        hasUnusualCreditCode = opening.warnings.contains(.organizationCode)
        legalRepresentative = opening.legalRepresentative
        operatorName = opening.operatorName
        mobile = opening.operatorMobileMasked
        cityName = opening.cityName
        internetBankingBankName = opening.internetBankingBankName
        accountBankName = opening.accountBankName
        lineNumber = opening.lineNumber
        hasUnusualLineNumber = opening.warnings.contains(.lineNumberCheckDigit)
        accountNumber = "**** \(opening.accountNumberTail)"
        holderName = opening.holderName
        loginID = opening.loginID
    }
}

extension AccountOpeningState {
    /// As a tag: words, tint and shape.
    var tag: StateTag {
        switch self {
        case .draft: StateTag("草稿", .closed)
        case .submitted: StateTag("待审核", .pending)
        case .returned: StateTag("已退回", .returned)
        case .approved: StateTag("已通过", .success)
        case .rejected: StateTag("已拒绝", .danger)
        case .withdrawn: StateTag("已撤回", .closed)
        case .expired: StateTag("已过期", .closed)
        }
    }
}

extension AccountOpeningCase {
    /// Why the case came back, if it did.
    var returnNotice: Notice? {
        guard state == .returned, let last = events.last(where: { $0.state == .returned }) else { return nil }
        if let reason = last.reason, let name = last.staffName {
            return Notice("\(name)退回了此申请，原因：\(reason)", .warning)
        }
        return Notice(last.title, .warning)
    }

    /// What happened, newest first.
    var timeline: Timeline {
        Timeline(
            oldestFirst: events.map { event in
                (event.title, Timeline.note(by: event.staffName, event.reason), event.at)
            })
    }
}

extension AccountOpeningEvent {
    /// What happened, in words.
    fileprivate var title: String {
        switch AccountOpeningState.Event(rawValue: event) {
        case .started: "新建申请"
        case .taskSaved: "修改申请"
        case .submitted: "提交审核"
        case .withdrawn: "撤回"
        case .returned: "退回"
        case .rejected: "拒绝"
        case .reviewExpired: "超时未审核，已过期"
        case .approved: "审核通过"
        case .decisionStale: "审核时内容已变化，未生效"
        case .creditCodeTaken: "该统一社会信用代码已由其他申请开户，系统退回"
        case .loginIDTaken: "登录ID 已被其他操作员使用，系统退回"
        case nil: event
        }
    }
}
