import Foundation
import UnionPay

/// Everything that stands in the sandbox's own books, to be compared with the portal's: amounts in fen.
struct BooksReport: Encodable, Sendable {
    /// The bank's book.
    struct Bank: Encodable, Sendable {
        let payments: [BankEntry]
        let payouts: [BankEntry]
        let refunds: [BankEntry]
        /// Every movement of money, reversals, returns and fees among them, in the order in which they were booked.
        let trades: [Trade]
        /// The closed settlement days.
        let settlementDays: [SettlementDay]
        let reserve: Reserve
        /// Sums of what is paid.
        let paymentsPaid: Int64
        let payoutsPaid: Int64
        let refundsPaid: Int64
        let fees: Int64
    }

    /// The reserve account.
    struct Reserve: Encodable, Sendable {
        let balance: Int64
        let lines: [ReserveLine]
    }

    /// One order of the bank.
    struct BankEntry: Encodable, Sendable {
        let merId: String
        let orderId: String
        let txnTime: String
        let amount: Int64
        let state: String
        let refusalCode: String?
        let queryId: String?
        let accountTail: String?
        /// Of a refund: the payment's serial number.
        let originalQueryId: String?
        /// The serial number of the movement by which the money went back: reversal, give-back or return.
        let followUpQueryId: String?
        let openedAt: Date
        let decidedAt: Date?

        init(_ order: BankOrder) {
            merId = order.merId
            orderId = order.orderId
            txnTime = order.txnTime
            amount = order.amount
            state = order.state.rawValue
            refusalCode = order.refusalCode
            queryId = order.queryId
            accountTail = order.accountTail
            originalQueryId = order.originalQueryId
            followUpQueryId = order.followUpQueryId
            openedAt = order.openedAt
            decidedAt = order.decidedAt
        }
    }

    /// A biller's book.
    struct Biller: Encodable, Sendable {
        let payments: [BillerPayment]
        /// By bill number: the numbers of all payments that were taken for it. More than one would be a bill paid twice.
        let bills: [String: [String]]
        /// Sums by what the biller says about the payment.
        let writtenOff: Int64
        let writeOffUnknown: Int64
        let writeOffFailed: Int64

        init(payments: [BillerPayment]) {
            self.payments = payments
            var bills: [String: [String]] = [:]
            for payment in payments where payment.isTaken {
                for bill in payment.bills { bills[bill, default: []].append(payment.paymentNumber) }
            }
            self.bills = bills
            let sum = { (status: BillerPayment.Status) in
                payments.filter { $0.status == status }.reduce(Int64(0)) { $0 + $1.amount }
            }
            writtenOff = sum(.writtenOff)
            writeOffUnknown = sum(.writeOffUnknown)
            writeOffFailed = sum(.writeOffFailed)
        }
    }

    /// The sandbox's present moment.
    let at: Date
    let bank: Bank
    let billers: [String: Biller]

    /// Reads all books.
    init(bank book: BankBook, billers books: [String: BillerBook], at time: Date) async throws {
        at = time
        let orders = await book.all()
        let entries = { (kind: TransactionKind) in orders.filter { $0.kind == kind }.map(BankEntry.init) }
        let sum = { (kind: TransactionKind) in
            orders.filter { $0.kind == kind && $0.state == .paid }.reduce(Int64(0)) { $0 + $1.amount }
        }
        let state = await book.state
        bank = Bank(
            payments: entries(.payment), payouts: entries(.payout), refunds: entries(.refund),
            trades: state.trades, settlementDays: state.closedDays,
            reserve: Reserve(
                balance: state.reserveLines.reduce(0) { $0 + $1.amount }, lines: state.reserveLines),
            paymentsPaid: sum(.payment), payoutsPaid: sum(.payout), refundsPaid: sum(.refund),
            fees: state.trades.reduce(0) { $0 + $1.fee })
        var billers: [String: Biller] = [:]
        for (code, book) in books { billers[code] = Biller(payments: try await book.all(at: time)) }
        self.billers = billers
    }
}
