import Cryptography
import Foundation
import Hummingbird
import HummingbirdCore
import Payments

/// Lets only requests of a live session of one side through, and only posts that carry its token.
struct SessionGuard: RouterMiddleware {
    let portal: Portal
    let side: Side

    /// Finds the session, judges a posted form, and passes the request on.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        guard let token = SiteCookie.value(side.cookieName, of: request) else {
            throw SiteError.notSignedIn(side, hasEnded: false, back: wayBack(request))
        }
        var context = context
        let csrf = try await load(token: token, of: request, into: &context)
        guard let csrf else { throw SiteError.notSignedIn(side, hasEnded: true, back: wayBack(request)) }
        if request.method == .post {
            let isTrusted =
                portal.forgery.isFromThisSite(request)
                && constantTimeEquals(Array(context.form[RequestForgery.field].utf8), Array(csrf.utf8))
            // Answered here and not thrown, so that the page keeps the menu of whoever is signed in.
            guard isTrusted else { return ErrorPages.answer(to: SiteError.formNotTrusted, context: context) }
        }
        if context.staff?.mustChangePassword == true, !Self.openBeforeChange.contains(request.uri.path) {
            return .seeOther(.adminPassword)
        }
        return try await next(request, context)
    }

    /// What staff can do before they have changed a password that the system made.
    private static let openBeforeChange = [Path.adminPassword.text, Path.adminLogout.text]

    /// Finds the session in one round trip, which also notes the activity, and gives the token of its forms; nil when
    /// there is no live session.
    private func load(
        token: String, of request: Request, into context: inout PortalContext
    ) async throws -> String? {
        let sessions = portal.platform.sessions
        let now = portal.platform.effects.now()
        // A page that looks for a result by itself must not keep a session alive.
        let isActivity = request.headers[.poll] == nil
        switch side {
        case .clerk:
            let found = try await sessions.findClerk(token: token, at: now, countsAsActivity: isActivity)
            guard let session = found else { return nil }
            context.clerk = session
            context.layout = context.layout.showing(session, settings: portal.platform.settings.access)
            return session.csrf
        case .staff:
            let found = try await sessions.findStaff(token: token, at: now, countsAsActivity: isActivity)
            guard let session = found else { return nil }
            context.staff = session
            let region = try await portal.regions.name(of: session.member.region)
            context.layout = context.layout.showing(
                session, region: region, settings: portal.platform.settings.access)
            return session.csrf
        }
    }

    /// Where to go on after signing in: the page asked for, or, for a form, the page it was on.
    private func wayBack(_ request: Request) -> Path? {
        let address = request.method == .get ? request.uri : request.headers[.referer].map { URI($0) }
        guard let address else { return nil }
        return portal.table.page(
            at: address.path + (address.query.map { "?\($0)" } ?? ""), isFor: side.owns)
    }
}

/// Lets only staff through who have one of the roles; the others learn which roles those are.
struct RoleGuard: RouterMiddleware {
    let roles: [StaffRole]

    /// Passes the request on for one of the roles.
    func handle(
        _ request: Request, context: StaffContext,
        next: (Request, StaffContext) async throws -> Response
    ) async throws -> Response {
        guard roles.contains(context.session.member.role) else {
            return ErrorPages.answer(to: SiteError.roleNeeded(roles), context: context)
        }
        return try await next(request, context)
    }
}

/// Gives a signed-out browser a cookie and its forms a token, and judges posted forms by them. What is wrong is noted
/// in the context, for the handler to tell the user in its own page, or thrown by ``PortalContext/trustedForm()``.
struct VisitGuard: RouterMiddleware {
    let forgery: RequestForgery
    let effects: Effects

    /// Reads or sets the visit's cookie, judges a posted form, and passes the request on.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let known = SiteCookie.value(Visit.cookieName, of: request)
        let token = known ?? Base64URL.encode(effects.randomBytes(32))
        context.layout.csrf = forgery.token(forVisit: token)
        if request.method == .post {
            guard forgery.isFromThisSite(request) else { throw SiteError.formNotTrusted }
            if known == nil {
                context.formFault = .cookieMissing
            } else if !forgery.isTrusted(context.form, visit: token) {
                context.formFault = .formNotTrusted
            }
        }
        var response = try await next(request, context)
        if known == nil { SiteCookie.set(Visit.cookieName, to: token, on: &response) }
        return response
    }
}

extension Layout {
    /// The frame for a signed-in operator.
    fileprivate func showing(_ session: ClerkSession, settings: AccessSettings) -> Layout {
        var layout = Layout(
            enterpriseName: session.enterpriseName, operatorName: session.operatorName, csrf: session.csrf)
        layout.assetVersion = assetVersion
        layout.sessionSeconds = Int(settings.clerkIdleSeconds)
        if session.unreadMessages > 0 {
            layout.unreadMessages = session.unreadMessages > 99 ? "99+" : String(session.unreadMessages)
        }
        return layout
    }

    /// The frame for a signed-in member of staff.
    fileprivate func showing(_ session: StaffSession, region: String, settings: AccessSettings) -> Layout {
        let member = session.member
        var layout = Layout(
            staffName: member.name, roleLabel: member.role.label, regionName: region,
            canOpenAccounts: member.role == .accountManager, canReview: member.role == .supervisor,
            csrf: session.csrf)
        layout.assetVersion = assetVersion
        layout.sessionSeconds = Int(settings.staffIdleSeconds)
        layout.seesOperations = member.role != .accountManager
        layout.canSeeBankMessages = member.role == .operations || member.role == .auditor
        return layout
    }
}
