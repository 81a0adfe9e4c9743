/// The way through a long list, page by page with the same filters.
struct Pager: Sendable {
    /// What the links are called. The one to the page before is always 上一页.
    struct Words: Sendable {
        var first = "第一页"
        var next = "下一页"
    }

    /// Where this page stands.
    let summary: String
    /// Whether this page is not the first.
    let hasFirst: Bool
    /// The first page.
    let firstAddress: String
    let firstLabel: String
    /// Whether there is a page before.
    let hasPrevious: Bool
    /// The page before.
    let previousAddress: String
    /// Whether there is a page after.
    let hasNext: Bool
    /// The page after.
    let nextAddress: String
    let nextLabel: String

    /// A way on; an address that is nil is not offered.
    ///
    /// - Parameter section: the part of the page that the list is, by its id; nil where the list is the page.
    init(
        summary: String, first: Path? = nil, previous: Path? = nil, next: Path? = nil,
        words: Words = Words(), section: String? = nil
    ) {
        let place = section.map { "#" + $0 } ?? ""
        self.summary = summary
        hasFirst = first != nil
        firstAddress = first.map { $0.text + place } ?? ""
        firstLabel = words.first
        hasPrevious = previous != nil
        previousAddress = previous.map { $0.text + place } ?? ""
        hasNext = next != nil
        nextAddress = next.map { $0.text + place } ?? ""
        nextLabel = words.next
    }
}
