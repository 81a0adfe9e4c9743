import Hummingbird
import Payments

/// 修改密码 of staff. Whoever has a password made by the system gets no other page before it is changed.
struct StaffPasswordRoutes: Sendable {
    let portal: Portal

    /// Registers the page and where its form goes.
    func register(on routes: Routes) {
        routes.anyStaff.get(.adminPassword) { _, context in
            .page(StaffPasswordPage(layout: context.layout, session: context.session))
        }
        routes.anyStaff.post(.adminPassword, use: change)
    }

    private func change(_ request: Request, _ context: StaffContext) async throws -> Response {
        let form = StaffPasswordForm(context.form)
        var errors = form.errors
        if errors.isEmpty {
            do {
                try await portal.platform.access.changePassword(
                    of: context.session.member, from: form.present, to: form.new, from: context.origin,
                    at: portal.platform.effects.now())
                // All sessions have ended, this one too.
                var response = Response.seeOther(.adminLogin.with("changed", "1"))
                SiteCookie.clear(Side.staff.cookieName, on: &response)
                return response
            } catch PasswordChangeError.busy {
                throw SiteError.busy(retryAfterSeconds: 5)
            } catch let error as PasswordChangeError {
                errors = StaffPasswordForm.errors(error)
            }
        }
        let page = StaffPasswordPage(layout: context.layout, session: context.session, errors: errors)
        return .page(page, status: .unprocessableContent)
    }
}

/// The passwords typed to change one's own. Secrets: never trimmed, never shown again.
struct StaffPasswordForm: Sendable {
    let present: String
    let new: String
    let newAgain: String

    init(_ fields: FormFields) {
        present = fields["present"]
        new = fields["new"]
        newAgain = fields["newAgain"]
    }

    /// What is wrong with the typing itself; the rules for passwords are the business's.
    var errors: [FieldError] {
        var errors: [FieldError] = []
        if present.isEmpty { errors.append(FieldError("present", "请输入当前密码")) }
        if new.isEmpty { errors.append(FieldError("new", PasswordFault.empty.sentence(name: "新密码"))) }
        if new != newAgain { errors.append(FieldError("newAgain", "两次输入的新密码不一致，请重新输入")) }
        return errors
    }

    /// What the business found wrong, by field.
    static func errors(_ error: PasswordChangeError) -> [FieldError] {
        switch error {
        case .refused: [FieldError("present", "当前密码不正确，或因多次尝试暂时无法修改。请核对后稍后再试")]
        case .fault(let fault):
            [FieldError("new", fault.sentence(name: "新密码", ownData: "姓名、工号或手机号"))]
        case .busy: []
        }
    }
}

/// 修改密码.
struct StaffPasswordPage: Page {
    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    /// What led here, when it was not the person's own wish.
    let notice: Notice?
    /// For the browser's password store.
    let staffNumber: String
    let present: TextField
    let new: TextField
    let newAgain: TextField

    init(layout: Layout, session: StaffSession, errors: [FieldError] = []) {
        self.layout = layout
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        notice =
            session.mustChangePassword
            ? Notice("您正在使用系统生成的初始密码。为了账户安全，请先设置自己的密码，再办理业务。", .warning) : nil
        staffNumber = session.member.number
        present = TextField(
            "present", label: "当前密码", kind: .currentPassword, maximum: 128, errors: errors)
        new = TextField(
            "new", label: "新密码", kind: .newPassword,
            hint: "至少 8 个字符，建议 15 个以上；不能过于常见，不能包含姓名、工号或手机号", maximum: 128, errors: errors)
        newAgain = TextField(
            "newAgain", label: "再次输入新密码", kind: .newPassword, maximum: 128, errors: errors)
    }
}
