import HTTPTypes
import Payments

/// What an error page says: exactly one of its Bools is true, and the words are the template's.
struct Problem: Sendable {
    /// The kinds of problem, each with a status of its own where HTTP has one.
    enum Kind: Equatable {
        case notFound, forbidden(roles: String), staleForm, cookieMissing, badRequest, alreadySent
        case tooManyTries(wait: String), busy, fault
    }

    /// 404: missing, or of another enterprise.
    let isNotFound: Bool
    /// 403: the work of another role.
    let isForbidden: Bool
    /// 403: a form that was not made for this session.
    let isStaleForm: Bool
    /// 403: a browser that does not bring the secure cookie back.
    let isCookieMissing: Bool
    /// 400, 413, 415: what no honest browser sends.
    let isBadRequest: Bool
    /// 409: the same form came twice with different input.
    let isAlreadySent: Bool
    /// 429.
    let isTooManyTries: Bool
    /// 503: nothing was done.
    let isBusy: Bool
    /// 500: a fault of ours.
    let isFault: Bool
    /// The roles that may do what was asked for: 客户经理、审核员.
    let roles: String
    /// How long to wait: 30 秒, 5 分钟.
    let wait: String
    /// The number under which the log has the rest.
    let reference: String
    /// Where to go on.
    let homeAddress: String

    /// A problem of that kind.
    init(_ kind: Kind, reference: String, home: Path) {
        isNotFound = kind == .notFound
        isStaleForm = kind == .staleForm
        isCookieMissing = kind == .cookieMissing
        isBadRequest = kind == .badRequest
        isAlreadySent = kind == .alreadySent
        isBusy = kind == .busy
        isFault = kind == .fault
        if case .forbidden(let roles) = kind {
            isForbidden = true
            self.roles = roles
        } else {
            isForbidden = false
            roles = ""
        }
        if case .tooManyTries(let wait) = kind {
            isTooManyTries = true
            self.wait = wait
        } else {
            isTooManyTries = false
            wait = ""
        }
        self.reference = reference
        homeAddress = home.text
    }

    /// The page's title for each kind.
    static func title(_ kind: Kind) -> String {
        switch kind {
        case .notFound: "页面不存在"
        case .forbidden: "没有权限"
        case .staleForm: "页面已失效"
        case .cookieMissing: "浏览器未带回安全 Cookie"
        case .badRequest: "请求无法识别"
        case .alreadySent: "表单已提交过"
        case .tooManyTries: "操作过于频繁"
        case .busy: "系统繁忙"
        case .fault: "系统出现问题"
        }
    }
}

/// An error page for clerks and for everyone who is not signed in.
struct ProblemPage: Page {
    let layout: Layout
    let title: String
    let problem: Problem
}

/// An error page for staff.
struct AdminProblemPage: Page {
    let layout: Layout
    let title: String
    let problem: Problem
}
