import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Payments

/// The site: pages, forms and sessions over the payment platform. Holds no state of its own, so that several run on
/// one database.
public struct Portal: Sendable {
    /// The business.
    public let platform: Platform
    /// What the operator of the site has set.
    public let settings: PortalSettings
    /// All routes, once ``router()`` has been called.
    public let table = RouteTable()
    let forgery: RequestForgery
    let publicFiles: PublicFiles
    let regions: RegionNames

    /// Prepares the site and reads its public files.
    ///
    /// - Throws: when the folder of public files cannot be read.
    public init(platform: Platform, settings: PortalSettings) throws {
        self.platform = platform
        self.settings = settings
        forgery = RequestForgery(settings: settings, keys: platform.keys)
        regions = RegionNames(reference: platform.reference)
        publicFiles = try PublicFiles(folder: settings.publicFolder)
    }

    /// The router with every route and guard. Call it once.
    public func router() -> Router<PortalContext> {
        let router = Router(context: PortalContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestLog())
        router.add(middleware: SecurityHeaders(isSecure: settings.isSecure))
        router.add(
            middleware: RequestPreparation(
                trustedProxy: settings.trustedProxy, assetVersion: publicFiles.version))
        router.add(middleware: ErrorMiddleware())
        register(on: Routes(portal: self, router: router))
        return router
    }

    /// The site as a service that listens, answers and stops gracefully.
    public func application(
        onServerRunning: @escaping @Sendable (any NIOCore.Channel) async -> Void = { _ in }
    ) -> Application<RouterResponder<PortalContext>> {
        Application(
            router: router(),
            server: .http1(configuration: .init(idleTimeout: .seconds(settings.idleConnectionSeconds))),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.listenHost, port: settings.listenPort),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    settings.connectionLimit, logger: platform.logger)),
            onServerRunning: onServerRunning,
            logger: platform.logger)
    }

    /// Every feature's routes. A new feature adds its line here.
    private func register(on routes: Routes) {
        publicFiles.register(on: routes)
        HealthRoutes(portal: self).register(on: routes)
        HomeRoutes(portal: self).register(on: routes)
        SignInRoutes(portal: self).register(on: routes)
        ActivationRoutes(portal: self).register(on: routes)
        StaffSignInRoutes(portal: self).register(on: routes)
        StaffPasswordRoutes(portal: self).register(on: routes)
        WorkListRoutes(portal: self).register(on: routes)
        EnterpriseRoutes(portal: self).register(on: routes)
        AccountOpeningRoutes(portal: self).register(on: routes)
        ApprovalRoutes(portal: self).register(on: routes)
        AccountCheckRoutes(portal: self).register(on: routes)
        ActivationReissueRoutes(portal: self).register(on: routes)
        RefusedMessageRoutes(portal: self).register(on: routes)
        ReconciliationRoutes(portal: self).register(on: routes)
        BillerStatementRoutes(portal: self).register(on: routes)
        DifferenceRoutes(portal: self).register(on: routes)
        WithdrawalQueueRoutes(portal: self).register(on: routes)
        SettlementRoutes(portal: self).register(on: routes)
        ChannelRoutes(portal: self).register(on: routes)
        TopUpBankRoutes(portal: self).register(on: routes)
        OrderRoutes(portal: self).register(on: routes)
        RepaymentRoutes(portal: self).register(on: routes)
        FollowUpRoutes(portal: self).register(on: routes)
        AccountRoutes(portal: self).register(on: routes)
        TopUpRoutes(portal: self).register(on: routes)
        BillPaymentRoutes(portal: self).register(on: routes)
        WithdrawalRoutes(portal: self).register(on: routes)
        StatementRoutes(portal: self).register(on: routes)
        AccountReconciliationRoutes(portal: self).register(on: routes)
        MessageRoutes(portal: self).register(on: routes)
        BankRoutes(portal: self).register(on: routes)
    }
}
