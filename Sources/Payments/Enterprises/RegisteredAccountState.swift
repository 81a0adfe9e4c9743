/// Where the check of a registered account stands: withdrawals go to a verified one only.
public enum RegisteredAccountState: String, Lifecycle {
    case unverified, depositSending, depositSent, verified, manualCheck, invalid, replaced

    /// What can happen to a registered account.
    public enum Event: String, CaseIterable, Sendable {
        case registered, depositStarted, depositPaid, noAnswer, depositReturned, amountMatched, threeMisses
        case manualCheckRequested, confirmed, refused, replacementApproved
    }

    /// As in the database.
    public static let subject = "registered_account"

    /// The table of money.md 2.6, and `manualCheckRequested`: operations may check an account on paper
    /// (opening permit, a call to the bank) where no verification deposit can be sent. The result takes two
    /// people all the same.
    public static let steps: [LifecycleStep<RegisteredAccountState>] = [
        rows([nil], .registered, .unverified),
        rows([.unverified], .depositStarted, .depositSending),
        rows([.unverified], .manualCheckRequested, .manualCheck),
        rows([.depositSending], .depositPaid, .depositSent),
        rows([.depositSending], .noAnswer, .depositSending),
        rows([.depositSending, .depositSent], .depositReturned, .invalid),
        rows([.depositSent], .amountMatched, .verified),
        rows([.depositSent], .threeMisses, .manualCheck),
        rows([.manualCheck], .confirmed, .verified),
        rows([.manualCheck], .refused, .invalid),
        rows([.verified], .depositReturned, .manualCheck),
        rows([.verified, .invalid], .replacementApproved, .replaced),
    ].flatMap { $0 }
}
