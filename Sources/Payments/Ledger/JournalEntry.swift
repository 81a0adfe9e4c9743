import Foundation
import Postgres

/// The codes of the posting table. Each names a debit and a credit.
public enum PostingCode: String, Sendable, CaseIterable {
    /// Top-up paid.
    case topUpPaid = "P01"
    /// Money in the bank's file that no order may be credited with.
    case receiptParked = "P02"
    /// Such money assigned to an enterprise by two people.
    case receiptAssigned = "P03"
    /// The bank took such money back by itself.
    case receiptTakenBack = "P04"
    /// Its return to the payer decided, before the bank is called.
    case returnDecided = "P05"
    /// The return confirmed.
    case returnConfirmed = "P06"
    /// The return refused.
    case returnRefused = "P07"
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
    /// Bill money given back that had counted as written off and was not settled with the biller.
    case billRefunded = "P24"
    /// Payout accepted by the bank.
    case payoutAccepted = "P30"
    /// Payout paid.
    case payoutPaid = "P31"
    /// Payout refused after acceptance.
    case payoutRefused = "P32"
    /// Payout returned after it was paid.
    case payoutReturned = "P33"
    /// Our fee given back with a payout that was returned.
    case feeGivenBack = "P34"
    /// The bank reversed a credited top-up, or paid a payout that had been released.
    case lossParked = "P40"
    /// A biller wrote off what had been released or refunded.
    case writtenOffLate = "P41"
    /// A parked loss charged to the enterprise by two people.
    case charged = "P42"
    /// The enterprise repays what it could not bear at once.
    case repaid = "P43"
    /// The bank makes a parked loss good.
    case madeGood = "P44"
    /// A parked loss borne by the platform.
    case borne = "P45"
    /// Money that came back of what the platform has borne.
    case lossRecovered = "P46"
    /// The bank's fees of a settlement day.
    case channelFees = "P50"
    /// The net of a settlement day arrives in the reserve, or is drawn from it.
    case settled = "P51"
    /// The net of a settlement day has not arrived by its waiting days, or not wholly.
    case settlementShort = "P52"
    /// The platform's own money put into the reserve, or the other way round taken out of it (differenceReceivable).
    case ownFunds = "P53"
    /// What a biller gets, agreed on by two people.
    case settlementApproved = "P60"
    /// It is paid.
    case settlementPaid = "P61"
    /// It came back after it was paid.
    case settlementReturned = "P62"

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
        case .billRefunded: (.billerPayable, .enterpriseAvailable)
        case .payoutAccepted: (.enterpriseFrozen, .withdrawalInTransit)
        case .payoutPaid: (.withdrawalInTransit, .bankClearing)
        case .payoutRefused: (.withdrawalInTransit, .enterpriseAvailable)
        case .receiptParked: (.bankClearing, .unidentifiedReceipts)
        case .receiptAssigned: (.unidentifiedReceipts, .enterpriseAvailable)
        case .receiptTakenBack: (.unidentifiedReceipts, .bankClearing)
        case .returnDecided: (.unidentifiedReceipts, .returnInTransit)
        case .returnConfirmed: (.returnInTransit, .bankClearing)
        case .returnRefused: (.returnInTransit, .unidentifiedReceipts)
        case .payoutReturned: (.bankClearing, .enterpriseAvailable)
        case .feeGivenBack: (.feeIncome, .enterpriseAvailable)
        case .lossParked: (.differenceReceivable, .bankClearing)
        case .writtenOffLate: (.differenceReceivable, .billerPayable)
        case .charged: (.enterpriseAvailable, .differenceReceivable)
        case .repaid: (.enterpriseAvailable, .enterpriseReceivable)
        case .madeGood: (.bankClearing, .differenceReceivable)
        case .borne: (.channelCost, .differenceReceivable)
        case .lossRecovered: (.unidentifiedReceipts, .channelCost)
        case .channelFees: (.channelCost, .bankClearing)
        case .settled: (.reserve, .bankClearing)
        case .settlementShort: (.differenceReceivable, .bankClearing)
        case .ownFunds: (.unidentifiedReceipts, .ownFunds)
        case .settlementApproved: (.billerPayable, .settlementInTransit)
        case .settlementPaid: (.settlementInTransit, .bankClearing)
        case .settlementReturned: (.bankClearing, .settlementInTransit)
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
    let source: EntrySource
    /// Whose balances the entry moves, or whose case it is about; nil where no enterprise is concerned.
    let enterprise: Enterprise.ID?
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
        source = EntrySource(kind: order.kind.rawValue, id: order.id)
        enterprise = order.enterprise
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

extension JournalEntry {
    /// An entry of whatever lines, for what is no order: a difference, a refund, a day of the bank.
    ///
    /// - Parameter lines: in sum zero; lines of zero are left out.
    init(
        _ code: PostingCode, source: EntrySource, enterprise: Enterprise.ID?, event: String,
        occurrence: Int = 1, lines: [Line]
    ) {
        self.code = code
        self.source = source
        self.enterprise = enterprise
        self.event = event
        self.occurrence = occurrence
        self.lines = lines.filter { $0.amount != 0 }
    }
}

/// What an entry is about: the row that its claim names.
public struct EntrySource: Sendable, Hashable {
    /// The kind of row: of an order, a difference, a refund, a file of the bank, a line of its statement.
    public let kind: String
    /// The row.
    public let id: Int64

    /// An order.
    static func order(_ order: OrderReference) -> EntrySource {
        EntrySource(kind: order.kind.rawValue, id: order.id)
    }

    /// A case of reconciliation.
    static func difference(_ id: Int64) -> EntrySource { EntrySource(kind: "difference", id: id) }
    /// The file of a settlement day, by its row.
    static func bankFile(_ id: Int64) -> EntrySource { EntrySource(kind: "bankFile", id: id) }
    /// A settlement to a biller.
    static func billerSettlement(_ id: Int64) -> EntrySource {
        EntrySource(kind: "billerSettlement", id: id)
    }
    /// The statement of a day, by the number of the day since 1970; its lines are the occurrences.
    static func reserveStatement(_ day: LocalDate) -> EntrySource {
        EntrySource(kind: "reserveStatement", id: Int64(day.daysSinceEpoch))
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
