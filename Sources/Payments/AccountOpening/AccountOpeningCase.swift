import Foundation

/// Why nothing was done to an opening case.
public enum AccountOpeningError: Error, Hashable, Sendable {
    /// The role does not do this, or the case belongs to another account manager.
    case notAllowed
    /// There is no such case within the person's region.
    case notFound
    /// The case was edited or decided by somebody else since the page was made.
    case stale
    /// Who wrote the case, or is to be its operator, does not decide on it, under any login.
    case samePerson
    /// A reason has to be given, of at most 500 characters.
    case reasonMissing
}

/// What approving came to.
public enum AccountOpeningOutcome: Sendable, Hashable {
    /// The account is open under this merchant number; the link is on its way to the operator's phone.
    case approved(merchantNumber: String)
    /// Another case with the same credit code came first: the case went back to the account manager.
    case returnedCreditCodeTaken
    /// Another operator got the login ID first: the case went back to the account manager.
    case returnedLoginIDTaken
}

/// Something worth a second look, never a reason to refuse.
public enum AccountOpeningWarning: Sendable, Hashable, CaseIterable {
    /// The last digit of the line number is not the one expected.
    case lineNumberCheckDigit
    /// The organisation code inside the credit code has another check character than GB 11714 gives.
    case organizationCode
}

/// One row of a list of cases.
public struct AccountOpeningSummary: Sendable {
    /// Its key, for the next page.
    public let id: Int64
    /// AO….
    public let number: String
    /// Where it stands.
    public let state: AccountOpeningState
    /// 单位名称.
    public let enterpriseName: String
    /// The city's name.
    public let cityName: String
    /// Who submitted it.
    public let accountManagerName: String
    /// When the newest version was submitted.
    public let submittedAt: Date
    /// Whether the reader may decide on it: role, region and being another person all fit.
    public let canDecide: Bool
}

/// One case with its newest frozen version, as its page shows it. Numbers are masked.
public struct AccountOpeningCase: Sendable {
    /// AO….
    public let number: String
    /// Where it stands.
    public let state: AccountOpeningState
    /// The version shown; a decision names it.
    public let version: Int
    /// Who submitted it.
    public let accountManagerName: String
    /// When this version was submitted.
    public let submittedAt: Date
    /// 单位名称
    public let enterpriseName: String
    /// 统一社会信用代码
    public let creditCode: String
    /// 法定代表人（负责人）
    public let legalRepresentative: String
    /// 授权经办人
    public let operatorName: String
    /// `138****5678`
    public let operatorMobileMasked: String
    /// 所在城市
    public let cityName: String
    /// 已开通企业网银
    public let internetBankingBankName: String
    /// 开户银行
    public let accountBankName: String
    /// 联行号
    public let lineNumber: String
    /// The last four characters of 账号.
    public let accountNumberTail: String
    /// 户名
    public let holderName: String
    /// 登录ID
    public let loginID: String
    /// What is worth a second look.
    public let warnings: [AccountOpeningWarning]
    /// 商户编号 once approved.
    public let merchantNumber: String?
    /// Whether the reader may decide on it.
    public let canDecide: Bool
    /// Whether the reader has a hand in it and so may not, whatever the role.
    public let isOwn: Bool
    /// Whether the reader may edit and submit it again.
    public let canEdit: Bool
    /// What happened, oldest first.
    public let events: [AccountOpeningEvent]
}

/// Something that happened to a case.
public struct AccountOpeningEvent: Sendable {
    /// The event's name in the table.
    public let event: String
    /// The state it led to.
    public let state: AccountOpeningState
    /// Who did it; nil: the machine.
    public let staffName: String?
    /// Why, where somebody said so.
    public let reason: String?
    /// When.
    public let at: Date
}
