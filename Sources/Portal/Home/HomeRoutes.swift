import Hummingbird

/// 首页.
struct HomeRoutes: Sendable {
    let portal: Portal

    /// Registers the front page.
    func register(on routes: Routes) {
        routes.open.get(.home) { _, context in
            .page(HomePage(layout: context.layout))
        }
    }
}
