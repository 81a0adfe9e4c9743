import Hummingbird
import Payments

/// 商户登录 and signing out.
struct SignInRoutes: Sendable {
    let portal: Portal

    /// Registers signing in and out of clerks.
    func register(on routes: Routes) {
        routes.visit.get(.login, use: form)
        routes.visit.post(.login, use: signIn)
        routes.clerk.post(.logout, use: signOut)
    }

    private func form(_ request: Request, _ context: PortalContext) async throws -> Response {
        let query = request.queryFields
        let notice: SignInPage.Occasion? =
            query.has("ended") ? .sessionEnded : query.has("left") ? .signedOut : nil
        return .page(
            SignInPage(
                layout: context.layout, back: back(query["back"]), occasion: notice,
                settings: portal.platform.settings.access))
    }

    private func signIn(_ request: Request, _ context: PortalContext) async throws -> Response {
        let form = SignInForm(context.form)
        do {
            _ = try context.trustedForm()
            try form.check()
            let now = portal.platform.effects.now()
            let session = try await portal.platform.access.signInClerk(
                loginID: form.login, password: form.password, from: context.origin, at: now)
            var response = Response.seeOther(back(form.back) ?? .account)
            try await portal.replaceSession(.clerk, by: session, on: &response, request, context)
            return response
        } catch {
            guard let refusal = SignInRefusal(error) else { throw error }
            let page = SignInPage(
                layout: context.layout, form: form, back: back(form.back), refusal: refusal,
                settings: portal.platform.settings.access)
            return .page(page, status: refusal.status)
        }
    }

    private func signOut(_ request: Request, _ context: ClerkContext) async throws -> Response {
        try await portal.signOut(.clerk, request, context)
    }

    private func back(_ text: String) -> Path? {
        portal.table.page(at: text, isFor: Side.clerk.owns)
    }
}

extension Portal {
    /// Puts the cookie of a new session on an answer. A session this browser had before ends at once, so that a token
    /// known to somebody else is worth nothing after signing in.
    func replaceSession(
        _ side: Side, by session: NewSession, on response: inout Response, _ request: Request,
        _ context: PortalContext
    ) async throws {
        if let old = SiteCookie.value(side.cookieName, of: request) {
            try await platform.sessions.end(token: old, from: context.origin, at: platform.effects.now())
        }
        SiteCookie.set(side.cookieName, to: session.token.revealed, on: &response)
    }

    /// Ends the session in the database, takes the cookie back and leads to the sign-in page.
    func signOut(_ side: Side, _ request: Request, _ context: some SiteContext) async throws -> Response {
        if let token = SiteCookie.value(side.cookieName, of: request) {
            try await platform.sessions.end(token: token, from: context.origin, at: platform.effects.now())
        }
        var response = Response.seeOther(side.signIn.with("left", "1"))
        SiteCookie.clear(side.cookieName, on: &response)
        return response
    }
}
