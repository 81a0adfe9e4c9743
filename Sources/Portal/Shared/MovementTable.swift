import Payments

/// What one order did to the account, on the order's page.
struct MovementTable: Sendable {
    /// Whether anything has been booked.
    let hasRows: Bool
    /// The movements.
    let rows: [MovementRow]

    /// A table of an order's movements.
    init(_ movements: [Movement]) {
        hasRows = !movements.isEmpty
        rows = movements.map(MovementRow.init)
    }
}

/// One line of a statement. Income and expense stand in two columns, so that no minus sign is ever needed.
struct MovementRow: Sendable {
    /// When it was booked, Beijing time.
    let time: String
    /// The order's number.
    let number: String
    /// Whether the order has a page: money that belongs to no order has a number only.
    let hasAddress: Bool
    /// The order's page.
    let address: String
    /// What it was.
    let summary: String
    /// The other side.
    let counterparty: String
    /// What came, or empty.
    let income: String
    /// What went, or empty.
    let expense: String
    /// The balance after it.
    let balance: String
    /// The order's state now.
    let state: StateTag

    /// The line for a movement.
    init(_ movement: Movement) {
        time = BeijingTime.second(movement.bookedAt)
        number = movement.orderNumber
        hasAddress = movement.hasOrder
        address = hasAddress ? Path.order(movement.kind, movement.orderNumber).text : ""
        summary = movement.summary
        counterparty = movement.counterparty
        income = movement.income?.formatted ?? ""
        expense = movement.expense?.formatted ?? ""
        balance = movement.balance.formatted
        state = movement.stateTag
    }
}

extension Path {
    /// The page of an order of any kind.
    static func order(_ kind: OrderKind, _ number: String) -> Path {
        switch kind {
        case .topUp: topUp(number)
        case .billPayment: billPayment(number)
        case .withdrawal: withdrawal(number)
        }
    }
}

extension OrderKind {
    /// What the kind is called in lists and filters.
    var label: String {
        switch self {
        case .topUp: "充值"
        case .billPayment: "对公消费"
        case .withdrawal: "提现"
        }
    }
}

extension Movement {
    /// The state of the order now.
    var stateTag: StateTag {
        isRepayment ? StateTag("已扣款", .closed) : kind.tag(state: state, writeOff: writeOff)
    }

    /// What happened, in the words of a statement (摘要): the kind of order, and 退回 when money came back from it; 对账补记 when
    /// there was no order.
    var summary: String { isRepayment ? "偿还欠款" : hasOrder ? orderSummary : "\(orderSummary)（对账补记）" }

    /// Whether it pays what the company owed, by no order.
    private var isRepayment: Bool { code == PostingCode.repaid.rawValue }

    private var orderSummary: String {
        switch (kind, income == nil) {
        case (.topUp, false): "充值"
        case (.topUp, true): "充值冲回"
        case (.billPayment, true): "缴费"
        case (.billPayment, false): "缴费退款"
        case (.withdrawal, true): "提现"
        case (.withdrawal, false): "提现退回"
        }
    }
}
