import Foundation
import UnionPay

/// One movement of the merchant's money in the bank's book. It is written at the moment when the money moves, together
/// with what becomes of its order, and never changes: files, nets and statements follow from it.
struct Trade: Codable, Sendable {
    /// What moved.
    enum Kind: String, Codable, Sendable {
        /// A payer paid.
        case payment
        /// A payer paid, after payTimeout.
        case lateDebit
        /// A payment, or a part of it, went back by the merchant's refund.
        case refund
        /// Money went out to an account.
        case payout
        /// The bank took back a payment that it had credited.
        case reversal
        /// The bank gave a late debit back to the payer.
        case lateDebitReturn
        /// A payout came back.
        case payoutReturn
    }

    let kind: Kind
    /// The bank's serial number of this movement.
    let serial: String
    /// For what comes after another movement: that one's serial.
    let originalSerial: String?
    /// The order it belongs to.
    let order: OrderKey
    /// The bizType.
    let product: String
    /// Amount in fen, always positive.
    let amount: Int64
    /// The bank's fee in fen.
    let fee: Int64
    /// When the money moved.
    let bookedAt: Date
    let settlementDay: BankDay
    /// Whether files and nets know it: only a late debit and its return can be settled between payer and bank alone.
    let isInFile: Bool

    /// Whether the money goes to the merchant.
    var isCredit: Bool {
        switch kind {
        case .payment, .lateDebit, .payoutReturn: true
        case .refund, .payout, .reversal, .lateDebitReturn: false
        }
    }

    /// What the merchant gets for it in fen, the fee taken off; negative when it pays.
    var net: Int64 {
        (isCredit ? amount : -amount) - fee
    }

    /// System trace number, 6 digits.
    var traceNo: String {
        String(serial.suffix(6))
    }
}

extension Trade {
    /// The movement for an order whose time has come; nil before.
    init?(_ order: BankOrder, fee: Int64, rules: BankRules) {
        guard let serial = order.queryId, let time = order.decidedAt else { return nil }
        let kind: Kind =
            switch order.kind {
            case .payment: order.state == .debitedLate ? .lateDebit : .payment
            case .payout: .payout
            case .refund: .refund
            }
        self.init(
            kind: kind, serial: serial, originalSerial: order.originalQueryId, order: order.key,
            product: order.product, amount: order.amount, fee: fee, bookedAt: time,
            settlementDay: order.settlementDay ?? rules.settlementDay(of: time),
            isInFile: kind != .lateDebit || order.fate?.isInFile ?? true)
    }

    /// txnType and txnSubType in files.
    private var type: (String, String) {
        switch kind {
        case .payment, .lateDebit: ("01", "01")
        case .refund: ("04", "00")
        case .reversal, .lateDebitReturn: ("31", "00")
        case .payout, .payoutReturn: ("12", "00")
        }
    }

    /// The trade as a line of the reconciliation file; README has the table.
    func record(line: Int) throws -> ReconciliationRecord {
        let side = { (fen: Int64) in
            SettlementAmount(fen < 0 ? .debit : .credit, fen: Int64(fen.magnitude))
        }
        return try ReconciliationRecord(
            tradeCode: kind == .payment || kind == .lateDebit ? "S22" : "S56", traceNumber: traceNo,
            transmissionTime: String(BeijingTime(bookedAt).digits.suffix(10)), amountFen: amount,
            queryID: QueryID(serial), orderNumber: order.orderId, fee: fee == 0 ? nil : side(-fee),
            settlement: side(net), net: side(net), transactionType: type.0, transactionSubtype: type.1,
            productType: product, merchant: order.merId,
            originalQueryID: originalSerial.map { try QueryID($0) },
            others: [.termType: "07"], line: line)
    }
}
