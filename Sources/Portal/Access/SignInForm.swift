import HTTPTypes
import Payments

/// What is typed to sign in, for clerks and staff alike.
struct SignInForm: Sendable {
    /// 登录ID or 工号, as typed.
    let login: String
    /// As typed: never trimmed, never shown again.
    let password: String
    /// Where to go afterwards, as it came back from the form; believed only after the route table has been asked.
    let back: String

    init(_ fields: FormFields) {
        login = fields.text("login")
        password = fields["password"]
        back = fields["back"]
    }

    /// What can be said without asking the database.
    ///
    /// - Throws: ``SignInRefusal``.
    func check() throws(SignInRefusal) {
        guard !login.isEmpty, !password.isEmpty else {
            throw .incomplete(login: login.isEmpty, password: password.isEmpty)
        }
    }
}

/// Why somebody was not signed in, as the page says it.
enum SignInRefusal: Error, Equatable {
    /// A field is empty.
    case incomplete(login: Bool, password: Bool)
    /// Login and password do not fit, or no try is taken at present: one sentence for all of it.
    case refused
    /// No try is taken from this address at present: the same sentence.
    case addressClosed
    /// Too many are signing in at this moment.
    case busy
    /// The browser did not bring the secure cookie back.
    case cookieMissing
    /// The page was too old or from elsewhere.
    case stale

    /// The refusal an error means; nil for faults, which have a page of their own.
    init?(_ error: any Error) {
        switch error {
        case let refusal as SignInRefusal: self = refusal
        case SignInError.refused: self = .refused
        case SignInError.addressClosed: self = .addressClosed
        case SignInError.busy: self = .busy
        case SiteError.cookieMissing: self = .cookieMissing
        case SiteError.formNotTrusted: self = .stale
        default: return nil
        }
    }

    /// The status that goes with it.
    var status: HTTPResponse.Status {
        switch self {
        case .incomplete, .refused: .unprocessableContent
        case .addressClosed: .tooManyRequests
        case .busy: .serviceUnavailable
        case .cookieMissing, .stale: .forbidden
        }
    }

    /// What the page says, by field, with the labels of the two fields.
    func errors(loginLabel: String, passwordLabel: String) -> [FieldError] {
        switch self {
        case .incomplete(let login, let password):
            (login ? [FieldError("login", "请输入\(loginLabel)")] : [])
                + (password ? [FieldError("password", "请输入\(passwordLabel)")] : [])
        case .refused, .addressClosed:
            [FieldError("password", "\(loginLabel)或\(passwordLabel)不正确，或因多次尝试暂时无法登录。请核对后稍后再试")]
        case .busy:
            [FieldError("password", "当前登录人数较多，请稍等几秒后再试")]
        case .cookieMissing:
            [FieldError("login", "浏览器没有带回安全 Cookie。请通过 https 地址（或 localhost）访问，并允许本站使用 Cookie")]
        case .stale:
            [FieldError("login", "页面打开过久，请再次输入后登录")]
        }
    }
}
