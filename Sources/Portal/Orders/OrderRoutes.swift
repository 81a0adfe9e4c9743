import Hummingbird
import Payments

/// 订单查询: an order of any company of the region, found by a number and shown with everything about it.
struct OrderRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.staffOrders, use: search)
        readers.get(.staffOrder(.number), use: page)
    }

    private func search(_ request: Request, _ context: StaffContext) async throws -> Response {
        let text = String(request.queryFields.text("q").prefix(64))
        let found = try await portal.platform.staffOrders.find(text, within: context.session.member.region)
        return .page(OrderSearchPage(layout: context.layout, search: text, orders: found))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let order = try await portal.platform.staffOrders.view(
            number, by: context.session.member, from: context.origin)
        guard let order else { throw SiteError.notFound }
        return .page(StaffOrderPage(layout: context.layout, order: order))
    }
}

extension Path {
    /// 订单查询.
    static let staffOrders = admin.below("orders")
}
