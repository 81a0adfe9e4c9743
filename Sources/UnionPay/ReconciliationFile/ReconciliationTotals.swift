/// Sums of the trades of a settlement day, all in fen.
public struct ReconciliationTotals: Sendable, Equatable {
    /// A sum for each side.
    public struct Sides: Sendable, Equatable {
        /// From the merchant (借).
        public var debitFen: Int64
        /// To the merchant (贷).
        public var creditFen: Int64

        /// Both sums.
        public init(debitFen: Int64 = 0, creditFen: Int64 = 0) {
            self.debitFen = debitFen
            self.creditFen = creditFen
        }

        fileprivate mutating func add(
            _ fen: Int64, _ side: SettlementAmount.Side
        ) throws(ReconciliationOverflow) {
            let current = side == .credit ? creditFen : debitFen
            let (sum, isTooLarge) = current.addingReportingOverflow(fen)
            guard !isTooLarge else { throw ReconciliationOverflow() }
            if side == .credit { creditFen = sum } else { debitFen = sum }
        }
    }

    /// 交易笔数.
    public var count = 0
    /// 交易金额, on the side of each trade's settlement amount.
    public var amount = Sides()
    /// 费用.
    public var fee = Sides()
    /// 资金清算差额: what UnionPay pays or draws.
    public var net = Sides()

    /// No trades.
    public init() {}

    /// The sums of trades.
    ///
    /// - Throws: when a sum is larger than any bank has.
    public init(of records: some Sequence<ReconciliationRecord>) throws {
        for record in records { try add(record) }
    }

    /// Adds a trade. One without side in its settlement amount (a zero) counts as a credit.
    mutating func add(_ record: ReconciliationRecord) throws(ReconciliationOverflow) {
        count += 1
        try amount.add(record.amountFen, record.settlement?.side ?? .credit)
        if let sum = record.fee { try fee.add(sum.fen, sum.side) }
        if let sum = record.net { try net.add(sum.fen, sum.side) }
    }

    /// The totals that a summary (RD…) states in its first line 总计: a count and six amounts in yuan. Nil when there is
    /// no such line. Known from the one sample archive, so a summary of another look is passed over.
    init?(summary: String) {
        guard
            let total = summary.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("总计") })
        else { return nil }
        let columns = total.split(separator: " ").dropFirst()
        guard columns.count == 7, let first = columns.first, let count = Int(first) else { return nil }
        let amounts = columns.dropFirst().compactMap(Self.fen)
        guard amounts.count == 6 else { return nil }
        self.count = count
        amount = Sides(debitFen: amounts[0], creditFen: amounts[1])
        fee = Sides(debitFen: amounts[2], creditFen: amounts[3])
        net = Sides(debitFen: amounts[4], creditFen: amounts[5])
    }

    /// The summary as the sample has it: a title, a blank line and the line 总计, its columns flush right.
    var summary: String {
        func column(_ text: String) -> String {
            String(repeating: " ", count: max(1, Self.columnWidth - text.utf8.count)) + text
        }
        let amounts = [
            amount.debitFen, amount.creditFen, fee.debitFen, fee.creditFen, net.debitFen, net.creditFen,
        ]
        let columns = [String(count)] + amounts.map { "\($0 / 100).\(ASCII.padded($0 % 100, to: 2))" }
        return "                  中国银联全渠道商户交易汇总表\r\n\r\n总计" + columns.map(column).joined() + "\r\n"
    }

    private static let columnWidth = 18

    /// Yuan with two decimals, as fen; thousands separators are taken.
    private static func fen(_ text: Substring) -> Int64? {
        let parts = text.filter { $0 != "," }.split(separator: ".", omittingEmptySubsequences: false)
        guard
            parts.count == 2, parts[1].utf8.count == 2, parts[0].utf8.count <= 15, !parts[0].isEmpty,
            (parts[0] + parts[1]).utf8.allSatisfy(ASCII.isDigit)
        else { return nil }
        return Int64(parts[0] + parts[1])
    }
}

/// A sum that no bank has.
struct ReconciliationOverflow: Error {}
