import Hummingbird
import Payments

/// 工作人员登录 and signing out.
struct StaffSignInRoutes: Sendable {
    let portal: Portal

    /// Registers signing in and out of staff.
    func register(on routes: Routes) {
        routes.visit.get(.adminLogin, use: form)
        routes.visit.post(.adminLogin, use: signIn)
        routes.anyStaff.post(.adminLogout, use: signOut)
    }

    private func form(_ request: Request, _ context: PortalContext) async throws -> Response {
        let query = request.queryFields
        let occasion: SignInPage.Occasion? =
            query.has("ended")
            ? .sessionEnded : query.has("left") ? .signedOut : query.has("changed") ? .passwordChanged : nil
        return .page(
            StaffSignInPage(
                layout: context.layout, back: back(query["back"]), occasion: occasion,
                settings: portal.platform.settings.access))
    }

    private func signIn(_ request: Request, _ context: PortalContext) async throws -> Response {
        let form = SignInForm(context.form)
        do {
            _ = try context.trustedForm()
            try form.check()
            let now = portal.platform.effects.now()
            let session = try await portal.platform.access.signInStaff(
                number: form.login, password: form.password, from: context.origin, at: now)
            var response = Response.seeOther(back(form.back) ?? .admin)
            try await portal.replaceSession(.staff, by: session, on: &response, request, context)
            return response
        } catch {
            guard let refusal = SignInRefusal(error) else { throw error }
            let page = StaffSignInPage(
                layout: context.layout, form: form, back: back(form.back), refusal: refusal,
                settings: portal.platform.settings.access)
            return .page(page, status: refusal.status)
        }
    }

    private func signOut(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await portal.signOut(.staff, request, context)
    }

    private func back(_ text: String) -> Path? {
        portal.table.page(at: text, isFor: Side.staff.owns)
    }
}

/// 工作人员登录.
struct StaffSignInPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let notice: Notice?
    let errorSummary: ErrorSummary?
    /// Where to go after signing in.
    let back: String?
    let staffNumber: TextField
    let password: TextField
    /// Minutes without a request after which a session ends.
    let idleMinutes: Int
    /// Hours after which any session ends.
    let lifeHours: Int

    init(
        layout: Layout, form: SignInForm? = nil, back: Path?, occasion: SignInPage.Occasion? = nil,
        refusal: SignInRefusal? = nil, settings: AccessSettings
    ) {
        let errors = refusal?.errors(loginLabel: "工号", passwordLabel: "密码") ?? []
        let idle = Int(settings.staffIdleSeconds / 60)
        let life = Int(settings.sessionLifeSeconds / 3600)
        idleMinutes = idle
        lifeHours = life
        self.layout = layout
        hasErrors = !errors.isEmpty
        notice = occasion.map { $0.notice(idleMinutes: idle, lifeHours: life) }
        errorSummary = ErrorSummary(errors)
        self.back = back?.text
        staffNumber = TextField(
            "login", label: "工号", value: form?.login ?? "", kind: .loginID, maximum: 64, errors: errors)
        password = TextField("password", label: "密码", kind: .currentPassword, maximum: 128, errors: errors)
    }
}
