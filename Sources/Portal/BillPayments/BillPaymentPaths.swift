import Payments

extension Path {
    /// Where 查询账单 is posted. The answer is kept, and its number leads on.
    static let billQueries = account.below("bill-queries")

    /// The bills that a query found, ready to be chosen from.
    static func bills(of query: BillQuery) -> Path {
        newBillPayment.with("query", query.number)
    }

    /// The first step with everything filled in that led to a query.
    static func askingAgain(_ query: BillQuery) -> Path {
        newBillPayment.with("city", query.biller.cityCode).with("item", query.biller.billItem)
            .with("biller", query.biller.code).with("customerNumber", query.customerNumber)
    }
}
