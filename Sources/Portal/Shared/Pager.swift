/// The way through a long list, page by page with the same filters.
struct Pager: Sendable {
    /// Where this page stands.
    let summary: String
    /// Whether there is a page before.
    let hasPrevious: Bool
    /// The page before.
    let previousAddress: String
    /// Whether there is a page after.
    let hasNext: Bool
    /// The page after.
    let nextAddress: String

    /// A way on; an address that is nil is not offered.
    init(summary: String, previous: Path? = nil, next: Path? = nil) {
        self.summary = summary
        hasPrevious = previous != nil
        previousAddress = previous?.text ?? ""
        hasNext = next != nil
        nextAddress = next?.text ?? ""
    }
}
