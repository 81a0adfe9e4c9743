import Payments

/// The passwords chosen at the first activation, each typed twice. Secrets: never trimmed, never shown again.
struct ActivationForm: Sendable {
    let loginPassword: String
    let loginPasswordAgain: String
    let paymentPassword: String
    let paymentPasswordAgain: String

    init(_ fields: FormFields) {
        loginPassword = fields["loginPassword"]
        loginPasswordAgain = fields["loginPasswordAgain"]
        paymentPassword = fields["paymentPassword"]
        paymentPasswordAgain = fields["paymentPasswordAgain"]
    }

    /// What is wrong with the typing itself; the rules for passwords are the business's.
    var errors: [FieldError] {
        var errors: [FieldError] = []
        if loginPassword != loginPasswordAgain {
            errors.append(FieldError("loginPasswordAgain", "两次输入的登录密码不一致，请重新输入"))
        }
        if paymentPassword != paymentPasswordAgain {
            errors.append(FieldError("paymentPasswordAgain", "两次输入的支付密码不一致，请重新输入"))
        }
        return errors
    }

    /// What the business found wrong, by field.
    static func errors(login: PasswordFault?, payment: PasswordFault?) -> [FieldError] {
        let login = login.map { FieldError("loginPassword", $0.sentence(name: "登录密码")) }
        let payment = payment.map { FieldError("paymentPassword", $0.sentence(name: "支付密码")) }
        return [login, payment].compactMap(\.self)
    }
}

extension PasswordFault {
    /// What is wrong and what to do; `name` is what the password is called, `ownData` what may not be inside.
    func sentence(name: String, ownData: String = "单位名称、登录ID、商户编号或手机号") -> String {
        switch self {
        case .empty: "请输入\(name)"
        case .tooShort(let least): "\(name)至少 \(least) 个字符"
        case .tooLong(let most): "\(name)最多 \(most) 个字符"
        case .unprintable: "\(name)含有无法显示的字符，请重新输入"
        case .common: "\(name)过于常见，容易被猜中，请换一个"
        case .containsOwnData: "\(name)不能包含\(ownData)"
        case .sameAsOther: "支付密码不能与登录密码相同"
        case .sameAsBefore: "\(name)不能与当前密码相同"
        }
    }
}

/// 首次激活: sets login and payment password.
struct ActivationPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let address: String
    let enterpriseName: String
    let operatorName: String
    let loginID: String
    let expiresAt: String
    let loginPassword: TextField
    let loginPasswordAgain: TextField
    let paymentPassword: TextField
    let paymentPasswordAgain: TextField

    init(layout: Layout, token: String, activation: Activation, errors: [FieldError] = []) {
        self.layout = layout
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        address = Path.activation(token).text
        enterpriseName = activation.enterpriseName
        operatorName = activation.operatorName
        loginID = activation.loginID
        expiresAt = BeijingTime.minute(activation.expiresAt)
        loginPassword = TextField(
            "loginPassword", label: "登录密码", kind: .newPassword,
            hint: "至少 8 个字符，建议 15 个以上；不能过于常见，不能包含单位名称、登录ID 或手机号", maximum: 128,
            errors: errors)
        loginPasswordAgain = TextField(
            "loginPasswordAgain", label: "再次输入登录密码", kind: .newPassword, maximum: 128, errors: errors)
        paymentPassword = TextField(
            "paymentPassword", label: "支付密码", kind: .newPassword,
            hint: "缴费和提现时使用，至少 8 个字符，不能与登录密码相同", maximum: 128, errors: errors)
        paymentPasswordAgain = TextField(
            "paymentPasswordAgain", label: "再次输入支付密码", kind: .newPassword, maximum: 128, errors: errors)
    }
}

/// The page of a link that cannot be used; why is not said.
struct ActivationClosedPage: Page {
    let layout: Layout
}

/// After an activation.
struct ActivatedPage: Page {
    let layout: Layout
}
