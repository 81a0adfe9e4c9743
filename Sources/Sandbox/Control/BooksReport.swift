import Foundation

/// Everything that stands in the sandbox's own books, to be compared with the portal's: amounts in fen.
struct BooksReport: Encodable, Sendable {
    /// The bank's book.
    struct Bank: Encodable, Sendable {
        let payments: [BankEntry]
        let payouts: [BankEntry]
        /// Sums of what is paid.
        let paymentsPaid: Int64
        let payoutsPaid: Int64
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
        let sum = { (isPayout: Bool) in
            orders.filter { $0.isPayout == isPayout && $0.state == .paid }.reduce(Int64(0)) { $0 + $1.amount }
        }
        bank = Bank(
            payments: orders.filter { !$0.isPayout }.map(BankEntry.init),
            payouts: orders.filter(\.isPayout).map(BankEntry.init), paymentsPaid: sum(false),
            payoutsPaid: sum(true))
        var billers: [String: Biller] = [:]
        for (code, book) in books { billers[code] = Biller(payments: try await book.all(at: time)) }
        self.billers = billers
    }
}
