import Payments

/// Something about an order or a settlement that is open, or was.
struct Matter: Sendable {
    let heading: String
    let hasAddress: Bool
    let address: String
    let detail: String
    let tag: StateTag?
}

extension Matter {
    /// What a person has to look at.
    init(_ item: OpenWorkItem) {
        self.init(
            heading: "待办", hasAddress: false, address: "",
            detail: "\(item.detail)（自 \(BeijingTime.minute(item.raisedAt))）", tag: nil)
    }

    /// A case of reconciliation.
    ///
    /// - Parameter isReached: whether whoever looks may see it.
    init(_ difference: Difference, isReached: Bool = true) {
        self.init(
            heading: "对账差异 \(difference.number)", hasAddress: isReached,
            address: isReached ? Path.difference(difference.number).text : "", detail: difference.detail,
            tag: difference.state.tag)
    }
}
