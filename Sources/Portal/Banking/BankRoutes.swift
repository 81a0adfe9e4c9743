import Hummingbird
import Payments

/// Where the bank's browser redirect and the bank's server arrive. No session and no form token: what arrives here is
/// believed only as far as its signature goes.
struct BankRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.bank.get(.bankReturn(.number), use: browserReturned)
        routes.bank.post(.bankReturn(.number), repeating: [], use: browserReturned)
        routes.bank.post(.bankNotification, use: notified)
    }

    /// The browser comes back, perhaps with fields of the bank that are of no use: a redirect proves nothing.
    private func browserReturned(_ request: Request, _ context: PortalContext) async throws -> Response {
        guard let number = context.parameters.get(Path.Parameter.number.name) else {
            throw SiteError.notFound
        }
        let status = try await portal.platform.topUps.publicStatus(of: number)
        return .page(
            BankReturnPage(layout: context.layout, number: status.map { _ in number }, status: status))
    }

    /// The bank's notification. Status 200 within ten seconds acknowledges it; the body is not read.
    private func notified(_ request: Request, _ context: PortalContext) async throws -> Response {
        try await portal.platform.bank.receive(
            notification: context.body, from: context.origin.network)
        return .text("ok")
    }
}

extension Path {
    /// Where the browser lands after the bank's page.
    static func bankReturn(_ number: some PathValue) -> Path { Path(.text("bank-return"), number.segment) }
    /// Where the bank's server sends its notifications; the same as ``Payments/Bank/notificationPath``.
    static let bankNotification = Path(.text("notifications"), .text("unionpay"))
}
