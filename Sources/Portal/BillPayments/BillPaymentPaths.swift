import Payments

extension Path {
    /// Where 查询账单 is posted. The answer is kept, and its number leads on.
    static let billQueries = account.below("bill-queries")

    /// The bills that a query found, ready to be chosen from.
    static func bills(of query: BillQuery) -> Path {
        newBillPayment.with("query", query.number)
    }

    /// The bills of a query with the choice that a plan was made from.
    static func bills(of query: BillQuery, as plan: BillPayments.Plan) -> Path {
        switch query.biller.amountRule {
        case .exact: bills(of: query)
        case .prepayment: bills(of: query).with("amount", plan.amount.plain)
        case .periods: plan.bills.reduce(bills(of: query)) { $0.with("bill", $1.billNumber) }
        }
    }

    /// The first step with everything filled in that led to a query.
    static func askingAgain(_ query: BillQuery) -> Path {
        newBillPayment.with("city", query.biller.cityCode).with("item", query.biller.billItem)
            .with("biller", query.biller.code).with("customerNumber", query.customerNumber)
    }
}
