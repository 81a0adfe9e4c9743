import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import Payments
import Postgres

/// Turns whatever went wrong into what the user sees. The one place where that is decided: the page tells what to do
/// next and gives a reference number; the log has the rest.
enum ErrorPages {
    /// The answer to an error, in the frame of whoever is signed in.
    static func answer(to error: any Error, context: some SiteContext) -> Response {
        guard let refusal = refusal(of: error) else {
            record(error, level: .error, context: context)
            return page(.fault, status: .internalServerError, context: context)
        }
        // A visitor without a session is no event; everything else that is refused is.
        if case .notSignedIn(_, false, _) = refusal {
        } else {
            record(refusal, level: .notice, context: context)
        }
        return answer(to: refusal, context: context)
    }

    /// What an error means to the user; nil for a fault of ours.
    private static func refusal(of error: any Error) -> SiteError? {
        switch error {
        case let error as SiteError: error
        case let error as HTTPError where error.status == .notFound: .notFound
        case let error as HTTPError where error.status.kind == .clientError:
            .badRequest(error.status.reasonPhrase)
        case let error as PostgresError where error.isOfLoad: .busy(retryAfterSeconds: 5)
        case let error as PostgresError where error.isOfInput:
            .badRequest("a character that no text can have")
        case PasswordHasherError.busy: .busy(retryAfterSeconds: 5)
        case is CommandReused: .commandReused
        // Somebody else's case is no case.
        case AccountOpeningError.notFound, AccountOpeningError.notAllowed: .notFound
        default: nil
        }
    }

    private static func answer(to refusal: SiteError, context: some SiteContext) -> Response {
        switch refusal {
        case .notFound:
            return page(.notFound, status: .notFound, context: context)
        case .badRequest:
            return page(.badRequest, status: .badRequest, context: context)
        case .unsupportedMediaType:
            return page(.badRequest, status: .unsupportedMediaType, context: context)
        case .tooLarge:
            return page(.badRequest, status: .contentTooLarge, context: context)
        case .formNotTrusted:
            return page(.staleForm, status: .forbidden, context: context)
        case .cookieMissing:
            return page(.cookieMissing, status: .forbidden, context: context)
        case .roleNeeded(let roles):
            let names = roles.map(\.label).joined(separator: "、")
            return page(.forbidden(roles: names), status: .forbidden, context: context)
        case .commandReused:
            return page(.alreadySent, status: .conflict, context: context)
        case .tooManyRequests(let seconds):
            let wait = seconds < 60 ? "\(seconds) 秒" : "\((seconds + 59) / 60) 分钟"
            var response = page(.tooManyTries(wait: wait), status: .tooManyRequests, context: context)
            response.headers[.retryAfter] = String(seconds)
            return response
        case .busy(let seconds):
            var response = page(.busy, status: .serviceUnavailable, context: context)
            response.headers[.retryAfter] = String(seconds)
            return response
        case .notSignedIn(let side, let hasEnded, let back):
            let address = side.signIn.with("ended", hasEnded ? "1" : nil).with("back", back?.text)
            var response = Response.seeOther(address)
            if hasEnded { SiteCookie.clear(side.cookieName, on: &response) }
            return response
        }
    }

    private static func page(
        _ kind: Problem.Kind, status: HTTPResponse.Status, context: some SiteContext
    ) -> Response {
        let layout = context.layout
        let home: Path = layout.isStaff ? .admin : layout.isClerk ? .account : .home
        let problem = Problem(kind, reference: context.referenceNumber, home: home)
        let title = Problem.title(kind)
        return layout.isStaff
            ? .page(AdminProblemPage(layout: layout, title: title, problem: problem), status: status)
            : .page(ProblemPage(layout: layout, title: title, problem: problem), status: status)
    }

    private static func record(_ error: any Error, level: Logger.Level, context: some SiteContext) {
        context.logger.log(
            level: level, "refused",
            metadata: [
                "error": "\(RequestLog.printable(String(describing: error)))",
                "route": "\(context.endpointPath ?? "")",
                "address": "\(context.clientAddress)", "reference": "\(context.referenceNumber)",
            ])
    }
}

/// Catches what no group has: addresses without a route, guards that refuse.
struct ErrorMiddleware: RouterMiddleware {
    /// Answers what went wrong further in with a page.
    func handle(
        _ request: Request, context: PortalContext,
        next: (Request, PortalContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return ErrorPages.answer(to: error, context: context)
        }
    }
}

extension PostgresError {
    /// Whether the same request may well succeed a little later: nothing was changed by this one.
    fileprivate var isOfLoad: Bool {
        switch kind {
        case .poolExhausted, .lockTimedOut, .connectionFailed: true
        default: false
        }
    }

    /// Whether a value that came with the request cannot be a text in the database: a NUL character.
    fileprivate var isOfInput: Bool {
        if case .invalidParameter = kind { true } else { false }
    }
}
