import Payments

/// 订单查询.
struct OrderSearchPage: Page {
    /// One order.
    struct Row: Sendable {
        let number: String
        let address: String
        let kind: String
        let enterpriseName: String
        let enterpriseAddress: String
        let counterparty: String
        let amount: String
        let state: StateTag
        let createdAt: String
    }

    let layout: Layout
    let search: TextField
    /// Whether somebody has asked for a number that there is not.
    let isNotFound: Bool
    let hasRows: Bool
    let rows: [Row]

    init(layout: Layout, search text: String, orders: [StaffOrderSummary]) {
        self.layout = layout.marking(.orders)
        search = TextField(
            "q", label: "订单号、银行流水号、收费单位流水号、差异或退款编号", value: text, hint: "请输入完整的编号", maximum: 64)
        isNotFound = !text.isEmpty && orders.isEmpty
        hasRows = !orders.isEmpty
        rows = orders.map { order in
            Row(
                number: order.number, address: Path.staffOrder(order.number).text, kind: order.kind.label,
                enterpriseName: order.enterpriseName,
                enterpriseAddress: Path.enterprise(order.merchantNumber).text,
                counterparty: order.counterparty, amount: order.amount.formatted,
                state: order.kind.tag(state: order.state, writeOff: order.writeOff),
                createdAt: BeijingTime.second(order.createdAt))
        }
    }
}
