/// The page that is rendered: a statement of twenty movements, with text that has to be escaped.
struct StatementPage: Sendable {
    /// One line of the statement.
    struct Row: Sendable {
        let instant: String
        let time: String
        let number: String
        let kind: String
        let counterparty: String
        let isIncome: Bool
        let income: String?
        let expense: String?
        let balance: String
        let state: String
    }

    let title: String
    let assetVersion: String
    let enterpriseName: String
    let operatorName: String
    let notice: String?
    let movements: [Row]
    let count: Int

    /// A page of so many movements.
    static func sample(rows: Int) -> StatementPage {
        let movements = (0..<rows).map { index in
            let isIncome = index.isMultiple(of: 4)
            let digits = String(10 + index)
            return Row(
                instant: "2026-11-22T10:\(digits):08+08:00", time: "2026-11-22 10:\(digits):08",
                number: "BP20261122K7M2N9QX\(digits)ZT", kind: isIncome ? "充值" : "对公消费",
                counterparty: "长沙星光供电<模拟> & 43010012\(digits)", isIncome: isIncome,
                income: isIncome ? "10,000.00" : nil, expense: isIncome ? nil : "1,234.\(digits)",
                balance: "1,234,5\(digits).88", state: "已完成")
        }
        return StatementPage(
            title: "交易明细", assetVersion: "4f1c2a", enterpriseName: "湖南\"星沙\"示例实业有限公司", operatorName: "陈晓",
            notice: "数据截至今日", movements: movements, count: rows)
    }
}
