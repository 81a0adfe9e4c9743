/// Who acts on an enterprise's money: a signed-in operator, for the one enterprise of the session, from somewhere.
public struct Clerk: Sendable {
    /// The enterprise; every look-up of an order goes through it, so that "not found" is the authorisation.
    public let enterprise: Enterprise.ID
    /// The person.
    public let person: Operator.ID
    /// Where the request came from.
    public let origin: Origin

    /// Puts the parts of a session together.
    public init(enterprise: Enterprise.ID, person: Operator.ID, origin: Origin) {
        self.enterprise = enterprise
        self.person = person
        self.origin = origin
    }

    var actor: Actor { .operator(person) }
}
