import UnionPay

/// The reconciliation file of a settlement day as the bank hands it out: by its book, with what the fault plan makes of it.
struct BankFile {
    private let lines: [Trade]
    private let isTruncated: Bool
    private let lacksHalf: Bool

    /// - Parameter faults: `file-twice`, `file-extra-line` and `file-missing-line` change the lines, and the summary with
    ///   them; `file-half-lines` leaves lines out that the summary counts, and `file-truncated` cuts the file itself.
    init(trades: [Trade], day: BankDay, merchant: String, faults: [FaultHit]) throws {
        var lines = trades
        if let parameters = faults[.fileMissingLine] {
            for _ in 0..<min(parameters.times ?? 1, lines.count) {
                // The middle one: neither end can hide that a line is missing.
                lines.remove(at: lines.count / 2)
            }
        }
        if let parameters = faults[.fileExtraLine] {
            let serial = day.digits + "1200009999999"
            lines.append(
                Trade(
                    kind: .payment, serial: serial, originalSerial: nil,
                    order: OrderKey(
                        merId: merchant, orderId: "TP\(day.digits)99999999", txnTime: day.digits + "120000"),
                    product: Product.businessGateway.rawValue, amount: parameters.fen ?? 100, fee: 0,
                    bookedAt: day.start.addingTimeInterval(12 * 3600), settlementDay: day, isInFile: true))
        }
        if faults[.fileTwice] != nil { lines += lines }
        self.lines = lines
        isTruncated = faults[.fileTruncated] != nil
        lacksHalf = faults[.fileHalfLines] != nil
    }

    /// The text of fileContent.
    func content(merchant: MerchantNumber, date: SettlementDate) throws -> String {
        let records = try lines.enumerated().map { try $1.record(line: $0 + 1) }
        let sent = lacksHalf ? records.prefix(records.count / 2) : records[...]
        let text = try ReconciliationFileWriter.fileContent(
            merchant: merchant, settlementDate: date, sent, stating: ReconciliationTotals(of: records))
        return isTruncated ? String(text.prefix(text.utf8.count / 2)) : text
    }
}
