/// What the immediate answer to a payout or a refund means for the order: never that the money arrived.
public enum Acceptance: Sendable, Equatable {
    /// On its way; notification or query will tell the result.
    case accepted(QueryID?)
    /// Refused for good; no money moved.
    case refused(ResponseCode)
    /// Nobody knows: query.
    case askAgain(ResponseCode)

    init(_ code: ResponseCode, in context: ResponseContext, queryID: QueryID?) {
        switch code.treatment(of: context) {
        case .success, .accepted: self = .accepted(queryID)
        case .refused: self = .refused(code)
        case .askAgain, .notKnown, .debitedLate, .unclear: self = .askAgain(code)
        }
    }
}
