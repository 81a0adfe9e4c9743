/// The name of something that a signature covers: a field of the message or a component derived from it, with the
/// parameters that say how to read it (RFC 9421, section 2).
public struct ComponentIdentifier: Sendable, Hashable {
    /// A lower-case field name, or a derived name that begins with `@`.
    public let name: String
    /// The parameters in the order in which they are signed.
    public let parameters: FieldParameters

    /// Names a component.
    public init(_ name: String, _ parameters: FieldParameters = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The request's method.
    public static let method = ComponentIdentifier("@method")
    /// The request's host and port.
    public static let authority = ComponentIdentifier("@authority")
    /// The request's scheme.
    public static let scheme = ComponentIdentifier("@scheme")
    /// The request's whole address.
    public static let targetURI = ComponentIdentifier("@target-uri")
    /// The request's path.
    public static let path = ComponentIdentifier("@path")
    /// The request's query with its question mark.
    public static let query = ComponentIdentifier("@query")
    /// The response's status code.
    public static let status = ComponentIdentifier("@status")

    /// A field of the header, all its lines together.
    public static func field(_ name: String) -> ComponentIdentifier {
        ComponentIdentifier(name.lowercased())
    }

    /// One parameter of the request's query, by its encoded name.
    public static func queryParameter(_ name: String) -> ComponentIdentifier {
        ComponentIdentifier("@query-param", [("name", .string(name))])
    }

    /// The same component taken from the request that a response answers.
    public var ofRequest: ComponentIdentifier {
        var parameters = parameters
        parameters.set("req", .boolean(true))
        return ComponentIdentifier(name, parameters)
    }

    /// The identifier as it stands in the signature base; nil when it cannot be written.
    var serialized: String? {
        FieldItem(.string(name), parameters).serialized
    }

    /// Two identifiers mean the same component when name and parameters agree in any order.
    func isSame(as other: ComponentIdentifier) -> Bool {
        name == other.name && parameters.entries.count == other.parameters.entries.count
            && parameters.entries.allSatisfy { other.parameters[$0.key] == $0.value }
    }

    /// Whether a parameter is there as a flag; throws when it is there with another value than true.
    func flag(_ key: String) throws(HTTPSignatureError) -> Bool {
        switch parameters[key] {
        case nil: return false
        case .boolean(true): return true
        default: throw .component(name, reason: "\(key) must be a flag")
        }
    }
}
