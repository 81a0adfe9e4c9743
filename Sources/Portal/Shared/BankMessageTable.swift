import Payments

/// 银行报文: what we have said to the bank about an order or a settlement, and what it has said. What is personal in it is
/// shortened before it comes here.
struct BankMessageTable: Sendable {
    /// One message.
    struct Row: Sendable {
        let time: String
        let direction: String
        let call: String
        let code: String
        let problem: String
        let content: String

        private static let calls = [
            "front": "支付跳转", "query": "交易查询", "payout": "代付", "refund": "退款", "notification": "银行通知",
        ]

        init(_ message: KeptBankMessage) {
            time = BeijingTime.second(message.at)
            direction = message.isSent ? "发出" : "收到"
            call = Self.calls[message.call] ?? message.call
            code = message.code ?? ""
            problem = message.problem ?? ""
            content = message.fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        }
    }

    /// Whether there are any.
    let hasRows: Bool
    /// The messages, newest first.
    let rows: [Row]
    /// Whether there are newer ones than these.
    let isContinued: Bool
    /// The way to the older ones and back; nil when all of them stand here.
    let pager: Pager?

    /// A page of messages, in their order.
    ///
    /// - Parameters:
    ///   - before: the message below which the page begins; nil for the newest.
    ///   - path: of the page on which they stand.
    init(_ page: ListPage<KeptBankMessage, Int64>, before: Int64?, on path: Path) {
        rows = page.rows.map(Row.init)
        hasRows = !rows.isEmpty
        isContinued = before != nil
        pager =
            before == nil && page.next == nil
            ? nil
            : Pager(
                summary: "本页 \(rows.count) 条", first: before == nil ? nil : path,
                next: page.next.map { path.with("before", String($0)) },
                words: Pager.Words(first: "最新的报文", next: "更早的报文"), section: "messages")
    }
}
