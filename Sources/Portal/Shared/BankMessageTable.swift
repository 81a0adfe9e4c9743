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

    /// A table of messages, in their order.
    init(_ messages: [KeptBankMessage]) {
        rows = messages.map(Row.init)
        hasRows = !rows.isEmpty
    }
}
