import Payments

/// The account at a bank to which withdrawals go, as pages show it: never more than the last digits.
struct PayoutAccountSummary: Sendable {
    let bankName: String
    let number: String
    let holderName: String
    let state: StateTag

    /// The account that an offer or an order names.
    init(_ account: PayoutAccount) {
        bankName = account.bankName
        number = Self.masked(account.tail)
        holderName = account.holderName
        state = account.isVerified ? StateTag("已验证", .success) : StateTag("待验证", .pending)
    }

    /// The account as registered.
    init(_ account: RegisteredAccount) {
        bankName = account.bankName
        number = Self.masked(account.accountNumberTail)
        holderName = account.holderName
        state = account.state.tag
    }

    /// An account number of which only the tail is shown.
    static func masked(_ tail: String) -> String { "**** **** **** \(tail)" }
}
