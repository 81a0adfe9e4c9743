import Foundation
import UnionPay

/// An order in the bank's own book: a payment that a browser came with, a payout, or a refund.
struct BankOrder: Codable, Sendable {
    /// What the bank knows about the order.
    enum State: String, Codable, Sendable {
        /// A payment that was shown and not decided yet.
        case opened
        /// A payment that its maker entered; a second person has to release it.
        case submitted
        /// A payment that the payer gave up; the payer may come back within the time allowed.
        case abandoned
        /// A payout or refund that is on its way; a payment that its bank will debit after payTimeout.
        case accepted
        /// Money has moved.
        case paid
        /// A payout or refund that was refused, at once or later.
        case refused
        /// A payment that was debited after payTimeout; the bank gives it back by itself.
        case debitedLate
    }

    /// What the fault plan has in store for the order.
    struct Fate: Codable, Sendable {
        /// Until `silentUntil` queries are answered with this code, 34 or 03, whatever the book says.
        var silentCode: String?
        var silentUntil: Date?
        /// Until then the notification waits.
        var heldBackUntil: Date?
        /// Whether the payment is debited after payTimeout.
        var isDebitedLate = false
        /// How long after payTimeout, in seconds.
        var debitDelaySeconds = 0.0
        /// Whether a late debit and its return are in the files.
        var isInFile = true
        /// From the movement of the money until it is reversed, given back or returned.
        var followUpSeconds: Double?
        /// From a payment until the payer pays the same order once more, in seconds.
        var secondPaymentSeconds: Double?
        /// What the bank keeps of a returned payout, in fen.
        var keptFen: Int64 = 0
    }

    let merId: String
    let orderId: String
    let txnTime: String
    /// The bizType.
    let product: String
    /// Amount in fen.
    let amount: Int64
    let backUrl: String
    let frontUrl: String?
    let payTimeout: String?
    /// The payer's bank: named by the merchant, or chosen on the gateway's page; nil while neither has happened.
    var bankCode: String?
    let reqReserved: String?
    /// The last four characters of a payout's account.
    let accountTail: String?
    let holderName: String?
    var state: State
    /// The response code of a refusal.
    var refusalCode: String?
    /// The bank's serial number; set when a payment is paid or a payout is accepted.
    var queryId: String?
    var traceNo: String?
    /// When the order came to the bank.
    let openedAt: Date
    /// When money moved, or the order was refused.
    var decidedAt: Date?
    /// The settlement day to which the movement belongs; absent in old journals, whose day ended at 23:00.
    var settlementDay: BankDay?
    /// When an accepted order is to be decided.
    var dueAt: Date?
    /// Of a refund: the serial number of the payment.
    let originalQueryId: String?
    var fate: Fate?
    /// When the payer pays once more.
    var secondPaymentAt: Date?
    /// The serial number of the second payment.
    var secondPaymentQueryId: String?
    /// When the money is to move back.
    var followUpAt: Date?
    /// The serial number of the reversal, give-back or return.
    var followUpQueryId: String?

    /// The order as a payment comes in.
    init(_ payment: FrontPayment, at time: Date) {
        merId = payment.order.merchant.text
        orderId = payment.order.number.text
        txnTime = payment.order.time.digits
        product = payment.product.rawValue
        amount = payment.amountFen
        backUrl = payment.backURL
        frontUrl = payment.frontURL
        payTimeout = payment.payTimeout?.digits
        bankCode = payment.bankCode
        reqReserved = payment.requestReserved
        accountTail = nil
        holderName = nil
        state = .opened
        openedAt = time
        originalQueryId = nil
    }

    /// The order as a payout comes in.
    init(_ payout: Payout, at time: Date) {
        merId = payout.order.merchant.text
        orderId = payout.order.number.text
        txnTime = payout.order.time.digits
        product = Product.payout.rawValue
        amount = payout.amountFen
        backUrl = payout.backURL
        frontUrl = nil
        payTimeout = nil
        bankCode = nil
        reqReserved = payout.requestReserved
        accountTail = String(payout.accountNumber.revealed.suffix(4))
        holderName = payout.holderName.revealed
        state = .accepted
        openedAt = time
        originalQueryId = nil
    }

    /// The order as a refund comes in.
    init(_ refund: Refund, at time: Date) {
        merId = refund.order.merchant.text
        orderId = refund.order.number.text
        txnTime = refund.order.time.digits
        product = refund.product.rawValue
        amount = refund.amountFen
        backUrl = refund.backURL
        frontUrl = nil
        payTimeout = nil
        bankCode = nil
        reqReserved = refund.requestReserved
        accountTail = nil
        holderName = nil
        state = .accepted
        openedAt = time
        originalQueryId = refund.originalQueryID.text
    }

    /// What identifies the order for life.
    var key: OrderKey {
        OrderKey(merId: merId, orderId: orderId, txnTime: txnTime)
    }

    /// What the order is.
    var kind: TransactionKind {
        if originalQueryId != nil { return .refund }
        return product == Product.payout.rawValue ? .payout : .payment
    }

    /// Whether the time for paying is over.
    func isOverdue(at time: Date) -> Bool {
        payTimeout.flatMap { BeijingTime(digits: $0) }.map { $0.date < time } ?? false
    }

    /// Whether a second request under the same number is the same order.
    func isSameOrder(as other: BankOrder) -> Bool {
        key == other.key && product == other.product && amount == other.amount && backUrl == other.backUrl
            && frontUrl == other.frontUrl && payTimeout == other.payTimeout
    }
}

/// Merchant, order number and time of sending, as text.
struct OrderKey: Hashable, Codable, Sendable {
    let merId: String
    let orderId: String
    let txnTime: String

    init(merId: String, orderId: String, txnTime: String) {
        self.merId = merId
        self.orderId = orderId
        self.txnTime = txnTime
    }

    init(_ identity: OrderIdentity) {
        self.init(
            merId: identity.merchant.text, orderId: identity.number.text, txnTime: identity.time.digits)
    }

    /// The key in the protocol's own types.
    func identity() throws -> OrderIdentity {
        guard let time = BeijingTime(digits: txnTime) else {
            throw MessageError.invalidField(.txnTime, reason: "not yyyyMMddHHmmss")
        }
        return OrderIdentity(
            merchant: try MerchantNumber(merId), number: try OrderNumber(orderId), time: time)
    }
}

extension BankOrder {
    /// The record of the transaction for notifications and answers; nil before money has moved.
    func transaction() throws -> BankTransaction? {
        guard state == .paid || state == .debitedLate, let queryId, let decidedAt else { return nil }
        let time = BeijingTime(decidedAt).digits
        let day = settlementDay ?? BankRules().settlementDay(of: decidedAt)
        return BankTransaction(
            queryID: try QueryID(queryId), amountFen: amount, traceNumber: traceNo,
            traceTime: String(time.suffix(10)), settleDate: String(day.digits.suffix(4)),
            settleAmountFen: amount, settleCurrencyCode: "156",
            originalQueryID: try originalQueryId.map { try QueryID($0) })
    }

    /// The message to backUrl about the order's result; a failed one brings its code.
    func notification(code: ResponseCode? = nil) throws -> TransactionNotification {
        let result: ResponseCode
        if let code {
            result = code
        } else if let refusalCode {
            result = try ResponseCode(refusalCode)
        } else {
            result = .success
        }
        return TransactionNotification(
            product: Product(rawValue: product) ?? .businessGateway, order: try key.identity(), kind: kind,
            responseCode: result, transaction: try transaction(), requestReserved: reqReserved)
    }
}
