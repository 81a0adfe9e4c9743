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

    /// The confirmation of these bills of a query in place of a payment that went back, or all bills where there are none.
    static func bills(of query: BillQuery, replacing payment: BillPayment, by bills: [Bill]) -> Path {
        guard !bills.isEmpty else { return Path.bills(of: query) }
        let chosen = query.biller.amountRule == .periods ? bills : []
        return chosen.reduce(Path.bills(of: query)) { $0.with("bill", $1.billNumber) }
            .with("confirm", "1").with("replaces", payment.number)
    }

    /// The first step with everything filled in that led to a query.
    static func askingAgain(_ query: BillQuery) -> Path {
        newBillPayment.with("city", query.biller.cityCode).with("item", query.biller.billItem)
            .with("biller", query.biller.code).with("customerNumber", query.customerNumber)
    }
}
