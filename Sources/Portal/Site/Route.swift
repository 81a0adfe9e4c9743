import HTTPTypes
import Payments
import Synchronization

/// For whom a route is. Each route has one: a route cannot be registered without.
public enum Audience: Sendable, Equatable, CustomStringConvertible {
    /// A page that needs no signing in.
    case anyone
    /// A file of `Public/`.
    case file
    /// For a supervisor of processes; tells nothing about the business.
    case machine
    /// For the bank's servers, or for a browser that comes back from the bank: no session and no form token. What
    /// arrives here is believed only as far as its signature goes.
    case bank
    /// A signed-in operator of an enterprise.
    case clerk
    /// A signed-in member of staff who has one of the roles.
    case staff([StaffRole])

    /// As `portal routes` prints it.
    public var description: String {
        switch self {
        case .anyone: "anyone"
        case .file: "file"
        case .machine: "machine"
        case .bank: "bank"
        case .clerk: "clerk"
        case .staff(let roles):
            roles.count == StaffRole.allCases.count
                ? "staff" : "staff:" + roles.map(\.rawValue).joined(separator: ",")
        }
    }
}

/// One line of the route table.
public struct Route: Sendable, Equatable, CustomStringConvertible {
    /// The HTTP method.
    public let method: HTTPRequest.Method
    /// The address with its varying parts as `:name`.
    public let path: Path
    /// For whom it is.
    public let audience: Audience

    /// As `portal routes` prints it: method, address and audience, separated by tabs.
    public var description: String { "\(method.rawValue)\t\(path)\t\(audience)" }
}

/// All routes of the site. Filled once while the site is put together, read by handlers, tests and `portal routes`.
public final class RouteTable: Sendable {
    private let routes = Mutex<[Route]>([])

    /// The routes in the order they were registered.
    public var all: [Route] { routes.withLock { $0 } }

    /// Adds a route; the same method and address twice is a mistake of ours.
    func add(_ route: Route) {
        routes.withLock { routes in
            let isTaken = routes.contains { $0.method == route.method && $0.path == route.path }
            precondition(!isTaken, "\(route.method) \(route.path) is registered twice")
            routes.append(route)
        }
    }

    /// The page that `text` names, if it is a page a signed-in `audience` may open; nil for everything else. What
    /// comes out is put together from our own route, so text from a request never becomes a redirect.
    func page(at text: String?, isFor matches: (Audience) -> Bool) -> Path? {
        guard let text else { return nil }
        for route in all where route.method == .get && matches(route.audience) {
            if let path = route.path.matching(text) { return path }
        }
        return nil
    }
}
