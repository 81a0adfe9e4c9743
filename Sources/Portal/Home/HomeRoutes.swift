import Hummingbird

/// 首页.
struct HomeRoutes: Sendable {
    let portal: Portal

    func register(on routes: Routes) {
        routes.open.get(.home) { _, context in
            .page(HomePage(layout: context.layout))
        }
    }
}
