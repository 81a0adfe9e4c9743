import HTTPTypes
import Hummingbird
import Payments

/// 首次激活: the page behind the one-time link that an operator's phone receives.
struct ActivationRoutes: Sendable {
    let portal: Portal

    /// Registers the page behind the link, where its form goes, and the page afterwards.
    func register(on routes: Routes) {
        routes.visit.get(.activation(.token), use: form)
        routes.visit.post(.activation(.token), use: activate)
        routes.open.get(.activated) { _, context in
            .page(ActivatedPage(layout: context.layout))
        }
    }

    /// Looking at the link does not use it up: phones and mail programs open links to preview them.
    private func form(_ request: Request, _ context: PortalContext) async throws -> Response {
        let token = try context.parameters.require(Path.Parameter.token.name)
        let now = portal.platform.effects.now()
        guard let activation = try await portal.platform.activations.find(token: token, at: now) else {
            return closed(context)
        }
        return answer(ActivationPage(layout: context.layout, token: token, activation: activation))
    }

    private func activate(_ request: Request, _ context: PortalContext) async throws -> Response {
        let token = try context.parameters.require(Path.Parameter.token.name)
        let form = ActivationForm(try context.trustedForm())
        let activations = portal.platform.activations
        let now = portal.platform.effects.now()
        guard let activation = try await activations.find(token: token, at: now) else {
            return closed(context)
        }
        var errors = form.errors
        if errors.isEmpty {
            do {
                try await activations.activate(
                    token: token, loginPassword: form.loginPassword, paymentPassword: form.paymentPassword,
                    from: context.origin, at: now)
                return .seeOther(.activated)
            } catch ActivationError.linkInvalid {
                return closed(context)
            } catch ActivationError.busy {
                throw SiteError.busy(retryAfterSeconds: 5)
            } catch ActivationError.faults(let login, let payment) {
                errors = ActivationForm.errors(login: login, payment: payment)
            }
        }
        let page = ActivationPage(
            layout: context.layout, token: token, activation: activation, errors: errors)
        return answer(page, status: .unprocessableContent)
    }

    private func closed(_ context: PortalContext) -> Response {
        answer(ActivationClosedPage(layout: context.layout), status: .gone)
    }

    /// The address holds a secret, so not even our own pages are told it; the origin alone goes along, without which
    /// browsers would post our form with "Origin: null".
    private func answer(_ page: some Page, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.page(page, status: status)
        response.headers[.referrerPolicy] = "strict-origin"
        return response
    }
}
