import Hummingbird
import Payments

/// 企业列表 and the page of one enterprise. Staff see those of their region; others do not exist for them.
struct EnterpriseRoutes: Sendable {
    /// Enterprises a page.
    static let limit = 20

    let portal: Portal

    /// Registers the list and the page of one enterprise.
    func register(on routes: Routes) {
        routes.anyStaff.get(.enterprises, use: list)
        routes.anyStaff.get(.enterprise(.merchantNumber), use: page)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        let query = EnterpriseListQuery(request.queryFields)
        let page = try await portal.platform.enterprises.list(
            query.filter, within: context.session.member.region, after: query.after, limit: Self.limit)
        return .page(
            EnterpriseListPage(layout: context.layout.marking(.enterprises), query: query, page: page))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.merchantNumber.name)
        let found = try await portal.platform.enterprises.details(
            merchantNumber: number, within: context.session.member.region)
        guard let details = found else { throw SiteError.notFound }
        return .page(
            EnterprisePage(
                layout: context.layout.marking(.enterprises), details: details,
                role: context.session.member.role,
                reissue: try await portal.reissueCard(for: details, context)))
    }
}

/// The filters and the place in 企业列表, as they stand in its address.
struct EnterpriseListQuery: Sendable {
    let filter: EnterpriseFilter
    let after: Enterprise.ID?

    init(_ fields: FormFields) {
        filter = EnterpriseFilter(
            search: String(fields.text("q").prefix(100)), state: EnterpriseState(rawValue: fields["state"]))
        after = Int64(fields["after"]).map(Enterprise.ID.init(rawValue:))
    }

    /// Whether the list is narrowed to something.
    var isFiltered: Bool { !filter.search.isEmpty || filter.state != nil }

    /// The list with these filters, from its start or after a key.
    func address(after key: Enterprise.ID? = nil) -> Path {
        Path.enterprises.with("q", filter.search).with("state", filter.state?.rawValue)
            .with("after", key.map { String($0.rawValue) })
    }
}
