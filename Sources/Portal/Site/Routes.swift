import HTTPTypes
import Hummingbird
import Payments

/// Where routes are registered. Offers one group for each audience and no way around them, so that a route without
/// guard cannot be written; each route also gets its line in the ``RouteTable``.
public struct Routes {
    let portal: Portal
    let router: Router<PortalContext>

    /// Pages for anyone that have no form.
    public let open: RouteGroup<PortalContext>
    /// Pages for anyone with a form: sign-in, activation. Posts need the token of the visit.
    public let visit: RouteGroup<PortalContext>
    /// Messages of the bank and browsers that come back from it.
    public let bank: RouteGroup<PortalContext>
    /// Pages of a signed-in operator. Posts need the token of the session.
    public let clerk: RouteGroup<ClerkContext>

    init(portal: Portal, router: Router<PortalContext>) {
        self.portal = portal
        self.router = router
        let forms = router.group().add(middleware: FormReader())
        let table = portal.table
        open = RouteGroup(group: router.group(), audience: .anyone, table: table)
        visit = RouteGroup(
            group: forms.group().add(
                middleware: VisitGuard(forgery: portal.forgery, effects: portal.platform.effects)),
            audience: .anyone, table: table)
        bank = RouteGroup(
            group: router.group().add(middleware: FormReader(keepsAnything: true)), audience: .bank,
            table: table,
            checksForm: false)
        clerk = RouteGroup(
            group: forms.group().add(middleware: SessionGuard(portal: portal, side: .clerk))
                .group(context: ClerkContext.self),
            audience: .clerk, table: table)
    }

    /// Pages of signed-in staff who have one of `roles`. Posts need the token of the session.
    public func staff(_ roles: StaffRole...) -> RouteGroup<StaffContext> {
        staffGroup(roles)
    }

    /// Pages that every signed-in member of staff may open.
    public var anyStaff: RouteGroup<StaffContext> { staffGroup(StaffRole.allCases) }

    /// Files and answers for machines.
    func plain(_ audience: Audience) -> RouteGroup<PortalContext> {
        RouteGroup(group: router.group(), audience: audience, table: portal.table)
    }

    private func staffGroup(_ roles: [StaffRole]) -> RouteGroup<StaffContext> {
        RouteGroup(
            group: router.group().add(middleware: FormReader())
                .add(middleware: SessionGuard(portal: portal, side: .staff))
                .group(context: StaffContext.self)
                .add(middleware: RoleGuard(roles: roles)),
            audience: .staff(roles), table: portal.table)
    }
}

/// Routes of one audience, behind its guards.
public struct RouteGroup<Context: SiteContext> {
    /// A handler: reads the form, makes one call of the business, answers with a page or a 303.
    public typealias Handler = @Sendable (Request, Context) async throws -> Response

    let group: RouterGroup<Context>
    let audience: Audience
    let table: RouteTable
    /// False for the bank's messages: whatever comes is taken, kept and judged by its signature.
    var checksForm = true

    /// Registers a page. GET changes nothing, ever.
    public func get(_ path: Path, use handler: @escaping Handler) {
        register(.get, path, handler)
    }

    /// Registers where a form is posted. Fields may come once each, but for those in `repeating` (ticked boxes).
    public func post(_ path: Path, repeating: Set<String> = [], use handler: @escaping Handler) {
        let checksForm = checksForm
        register(.post, path) { request, context in
            guard checksForm else { return try await handler(request, context) }
            if let name = context.form.repeatedName(except: repeating) {
                throw SiteError.badRequest("the field \(RequestLog.printable(name)) came twice")
            }
            // A value in the address could be taken for one in the form by somebody, some day.
            guard request.uri.query == nil else {
                throw SiteError.badRequest("a form's address has no query")
            }
            return try await handler(request, context)
        }
    }

    private func register(_ method: HTTPRequest.Method, _ path: Path, _ handler: @escaping Handler) {
        table.add(Route(method: method, path: path, audience: audience))
        group.on(RouterPath(path.text), method: method) { request, context in
            do {
                return try await handler(request, context)
            } catch {
                // Answered here, where it is known who is signed in, so that the error page keeps the menus.
                return ErrorPages.answer(to: error, context: context)
            }
        }
    }
}
