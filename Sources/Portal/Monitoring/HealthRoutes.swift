import Hummingbird

/// What a supervisor of processes asks: does it live, can it serve.
struct HealthRoutes: Sendable {
    let portal: Portal

    /// Registers both questions.
    func register(on routes: Routes) {
        let group = routes.plain(.machine)
        group.get(.health) { _, _ in .text("ok\n") }
        group.get(.ready, use: ready)
    }

    /// Ready when the database answers; a proxy sends people elsewhere while it does not.
    private func ready(_ request: Request, _ context: PortalContext) async throws -> Response {
        do {
            // The cheapest question that takes a connection and finds the tables migrated.
            _ = try await portal.platform.reference.city("110000")
            return .text("ready\n")
        } catch {
            context.logger.warning("not ready", metadata: ["error": "\(error)"])
            return .text("the database does not answer\n", status: .serviceUnavailable)
        }
    }
}
