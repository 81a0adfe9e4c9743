/// The form by which a person closes the items that nothing else closes.
struct Resolution: Sendable {
    let address: String
    let csrf: String
    /// The items that are seen, by their rows.
    let items: String
    let field: ReasonField
}
