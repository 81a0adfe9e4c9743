import Foundation
import Postgres

/// The codes of the posting table. Each names a debit and a credit.
public enum PostingCode: String, Sendable, CaseIterable {
    /// Top-up paid.
    case topUpPaid = "P01"
    /// Order submitted: money set aside.
    case held = "P10"
    /// Order ended without payment: money set free.
    case released = "P11"
    /// Bill written off.
    case billWrittenOff = "P20"
    /// Bill money taken, write-off unknown or failed.
    case billTaken = "P21"
    /// Write-off confirmed afterwards.
    case writeOffConfirmed = "P22"
    /// Write-off failed: money given back.
    case writeOffFailed = "P23"
    /// Payout accepted by the bank.
    case payoutAccepted = "P30"
    /// Payout paid.
    case payoutPaid = "P31"
    /// Payout refused after acceptance.
    case payoutRefused = "P32"

    /// The accounts that are debited and credited.
    var accounts: (debit: Account, credit: Account) {
        switch self {
        case .topUpPaid: (.bankClearing, .enterpriseAvailable)
        case .held: (.enterpriseAvailable, .enterpriseFrozen)
        case .released: (.enterpriseFrozen, .enterpriseAvailable)
        case .billWrittenOff: (.enterpriseFrozen, .billerPayable)
        case .billTaken: (.enterpriseFrozen, .writeOffPending)
        case .writeOffConfirmed: (.writeOffPending, .billerPayable)
        case .writeOffFailed: (.writeOffPending, .enterpriseAvailable)
        case .payoutAccepted: (.enterpriseFrozen, .withdrawalInTransit)
        case .payoutPaid: (.withdrawalInTransit, .bankClearing)
        case .payoutRefused: (.withdrawalInTransit, .enterpriseAvailable)
        }
    }
}

/// One balanced event of the books, not yet posted. Amounts are fen; debit is positive and credit negative.
public struct JournalEntry: Sendable {
    /// One line of an entry.
    struct Line: Sendable {
        var account: Account
        var owner: String
        var item: String
        var amount: Int64
    }

    /// The owner of the account that takes the fees of withdrawals.
    static let withdrawalFees = "withdrawal"

    let code: PostingCode
    let order: OrderReference
    let event: String
    let occurrence: Int
    let lines: [Line]

    /// An entry of `code` over the whole amount and fee of `order`.
    ///
    /// - Parameters:
    ///   - event: the order's event that causes it; an order posts an event once.
    ///   - occurrence: tells the entries of one event apart.
    ///   - owner: whose the platform accounts are: a biller's code or a channel.
    ///   - item: the open item of the platform accounts; the order's number unless said otherwise.
    ///   - clearingItem: the settlement date, for lines on bankClearing.
    init(
        _ code: PostingCode, of order: OrderReference, event: String, occurrence: Int = 1, owner: String = "",
        clearingItem: String? = nil
    ) throws(MoneyOverflow) {
        self.code = code
        self.order = order
        self.event = event
        self.occurrence = occurrence
        let total = try (order.amount + order.fee).fen
        func line(_ account: Account, _ amount: Int64) -> Line {
            switch account {
            case .enterpriseAvailable, .enterpriseFrozen:
                Line(account: account, owner: "", item: "", amount: amount)
            case .bankClearing:
                Line(account: account, owner: owner, item: clearingItem ?? order.number, amount: amount)
            default:
                Line(account: account, owner: owner, item: order.number, amount: amount)
            }
        }
        let (debit, credit) = code.accounts
        var lines = [line(debit, total)]
        if code == .payoutPaid, order.fee.fen > 0 {
            lines.append(line(credit, -order.amount.fen))
            lines.append(
                Line(
                    account: .feeIncome, owner: Self.withdrawalFees, item: order.number,
                    amount: -order.fee.fen)
            )
        } else {
            lines.append(line(credit, -total))
        }
        self.lines = lines
    }
}

/// What an entry or a step needs to know of its order.
public struct OrderReference: Sendable {
    /// The order's row.
    public let id: Int64
    /// The kind of order.
    public let kind: OrderKind
    /// The number that customers, banks and billers know.
    public let number: String
    /// Whose order it is.
    public let enterprise: Enterprise.ID
    /// What is paid, topped up or withdrawn.
    public let amount: Money
    /// What the platform takes for it.
    public let fee: Money
}
