import Hummingbird
import Payments

/// 订单查询: an order of any company of the region, found by a number and shown with everything about it.
struct OrderRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.staffOrders, use: search)
        readers.get(.staffOrder(.number)) { request, context in
            try await page(context, messagesBefore: Int64(request.queryFields["before"]))
        }
        routes.staff(.operations).post(.staffOrderResolution(.number), use: resolve)
    }

    private func search(_ request: Request, _ context: StaffContext) async throws -> Response {
        let text = String(request.queryFields.text("q").prefix(64))
        let found = try await portal.platform.staffOrders.find(text, within: context.session.member.region)
        return .page(OrderSearchPage(layout: context.layout, search: text, orders: found))
    }

    private func page(
        _ context: StaffContext, messagesBefore: Int64? = nil, resolution: String = "",
        errors: [FieldError] = []
    ) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let order = try await portal.platform.staffOrders.view(
            number, messagesBefore: messagesBefore, by: context.session.member, from: context.origin)
        guard let order else { throw SiteError.notFound }
        return .page(
            StaffOrderPage(
                layout: context.layout, order: order, role: context.session.member.role,
                messagesBefore: messagesBefore, resolution: resolution, errors: errors),
            status: errors.isEmpty ? .ok : .unprocessableContent)
    }

    /// 处理完毕: closes the items that the page showed.
    private func resolve(_ request: Request, _ context: StaffContext) async throws -> Response {
        let number = try context.parameters.require(Path.Parameter.number.name)
        let resolution = context.form.text("resolution")
        let items = context.form["items"].split(separator: ",").compactMap { Int64($0) }
        do {
            try await portal.platform.staffOrders.resolve(
                items, of: number, resolution: resolution, by: context.session.member, from: context.origin)
            return .seeOther(.staffOrder(number))
        } catch let error as WorkItemError {
            switch error {
            case .notFound: throw SiteError.notFound
            case .notAllowed: throw SiteError.roleNeeded([.operations])
            case .resolutionMissing:
                let error = FieldError("resolution", "请填写处理说明，最多 500 个字")
                return try await page(context, resolution: resolution, errors: [error])
            case .goesOn:
                let error = FieldError("matters", "订单或其差异尚未了结，待办将随之自动关闭")
                return try await page(context, resolution: resolution, errors: [error])
            }
        }
    }
}

extension Path {
    /// 订单查询.
    static let staffOrders = admin.below("orders")
    /// Where 处理完毕 is posted.
    static func staffOrderResolution(_ number: some PathValue) -> Path {
        staffOrder(number).below("resolution")
    }
}
