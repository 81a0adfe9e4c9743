import Payments

/// 商户登录.
struct SignInPage: Page {
    /// What led here, when it was no link.
    enum Occasion: Sendable {
        case sessionEnded, signedOut, passwordChanged
    }

    let layout: Layout
    let hasErrors: Bool
    let notice: Notice?
    let errorSummary: ErrorSummary?
    /// Where to go after signing in.
    let back: String?
    let loginID: TextField
    let password: TextField
    /// Minutes without a request after which a session ends.
    let idleMinutes: Int
    /// Hours after which any session ends.
    let lifeHours: Int

    init(
        layout: Layout, form: SignInForm? = nil, back: Path?, occasion: Occasion? = nil,
        refusal: SignInRefusal? = nil, settings: AccessSettings
    ) {
        let errors = refusal?.errors(loginLabel: "登录ID", passwordLabel: "登录密码") ?? []
        idleMinutes = Int(settings.clerkIdleSeconds / 60)
        lifeHours = Int(settings.sessionLifeSeconds / 3600)
        self.layout = layout
        hasErrors = !errors.isEmpty
        notice = occasion.map {
            $0.notice(
                idleMinutes: Int(settings.clerkIdleSeconds / 60),
                lifeHours: Int(settings.sessionLifeSeconds / 3600))
        }
        errorSummary = ErrorSummary(errors)
        self.back = back?.text
        loginID = TextField(
            "login", label: "登录ID", value: form?.login ?? "", kind: .loginID, maximum: 64, errors: errors)
        password = TextField("password", label: "登录密码", kind: .currentPassword, maximum: 128, errors: errors)
    }
}

extension SignInPage.Occasion {
    /// What the sign-in page says about it.
    func notice(idleMinutes: Int, lifeHours: Int) -> Notice {
        switch self {
        case .sessionEnded:
            Notice("会话已结束：超过 \(idleMinutes) 分钟没有操作、登录已满 \(lifeHours) 小时，或账号信息有变动。请重新登录。", .warning)
        case .signedOut:
            Notice("已安全退出。", .success)
        case .passwordChanged:
            Notice("密码已修改，请用新密码登录。", .success)
        }
    }
}
