/// A number that people carry elsewhere, with a button that copies it.
struct CopyableNumber: Sendable {
    /// The id of the text in the page, unique there.
    let id: String
    /// The number.
    let number: String

    /// A number; give another id when a page has several.
    init(_ number: String, id: String = "order-number") {
        self.id = id
        self.number = number
    }
}
