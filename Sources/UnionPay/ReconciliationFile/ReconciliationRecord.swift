/// An amount of a reconciliation file with its side, as the merchant's account sees it.
public struct SettlementAmount: Sendable, Hashable {
    /// Which way the money goes.
    public enum Side: UInt8, Sendable, Hashable {
        /// To the merchant.
        case credit = 0x43  // C
        /// From the merchant.
        case debit = 0x44  // D
    }

    /// Which way the money goes.
    public let side: Side
    /// How much, in fen; never negative.
    public let fen: Int64

    /// An amount of 0 to 999,999,999,999 fen.
    public init(_ side: Side, fen: Int64) {
        self.side = side
        self.fen = fen
    }

    /// The amount in fen as a signed number: positive to the merchant, negative from it.
    public var signedFen: Int64 {
        side == .credit ? fen : -fen
    }
}

/// One line of the trades (ZM) of a settlement day.
///
/// A line has no state and no date of settlement: it is there because the trade was settled, on the day of the entry's
/// name. What is needed to book and to compare is read and checked; all the rest is in `raw`.
public struct ReconciliationRecord: Sendable, Equatable {
    /// The line as it came, 607 bytes of GBK without line end.
    public let raw: [UInt8]
    /// Number of the line in its entry, from 1.
    public let line: Int
    /// 交易金额, in fen.
    public let amountFen: Int64
    /// 商户手续费: our cost is a debit. Nil for a zero without side.
    public let fee: SettlementAmount?
    /// 结算金额: what UnionPay owes us for the trade (credit), or we it (debit). Nil for a zero without side.
    public let settlement: SettlementAmount?
    /// 清算净额. Nil for a zero without side.
    public let net: SettlementAmount?
    /// 查询流水号, UnionPay's number of the trade: what orders are matched by.
    public let queryID: QueryID
    /// 原交易查询流水号, of a refund or cancel.
    public let originalQueryID: QueryID?

    /// 交易代码, for example S22 or S56.
    public var tradeCode: String { ascii(.txnCode) }
    /// 系统跟踪号, 6 digits.
    public var traceNumber: String { ascii(.traceNo) }
    /// 交易传输时间, `MMddHHmmss`: no year.
    public var transmissionTime: String { ascii(.txnTransTime) }
    /// 商户订单号; empty when there is none.
    public var orderNumber: String { ascii(.orderId) }
    /// 交易类型: 01 payment, 04 refund, 31 cancel, 12 payout.
    public var transactionType: String { ascii(.txnType) }
    /// 业务类型, the product.
    public var productType: String { ascii(.bizType) }
    /// 商户代码.
    public var merchant: String { ascii(.merId) }

    /// How many fields the line has, 42 or 41: in the older layout the last two are one.
    public var fieldCount: Int {
        raw[ReconciliationField.reserved2.offset - 1] == ASCII.space ? 42 : 41
    }

    /// The text of any field without the blanks around it; U+FFFD stands for bytes that are not GBK. In a line with 41
    /// fields the last one is `reserved1`, and `reserved2` is empty.
    public func text(of field: ReconciliationField) -> String {
        var bytes = raw[field.offset..<field.offset + field.width]
        if fieldCount == 41 {
            if field == .reserved1 { bytes = raw[field.offset...] }
            if field == .reserved2 { return "" }
        }
        let trimmed = Self.trimmed(bytes)
        return GBK.decode(trimmed)
            ?? String(decoding: trimmed.map { $0 < 0x80 ? $0 : 0xFF }, as: UTF8.self)
    }

    private func ascii(_ field: ReconciliationField) -> String {
        let bytes = Self.trimmed(raw[field.offset..<field.offset + field.width])
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.drop { $0 == ASCII.space }
        guard let last = start.lastIndex(where: { $0 != ASCII.space }) else { return [] }
        return start[...last]
    }
}

// MARK: Reading

extension ReconciliationRecord {
    /// Reads a line of the right length. `entry` and `line` are for the error.
    init(raw: [UInt8], entry: String, line: Int) throws(ReconciliationFileError) {
        self.raw = raw
        self.line = line
        let reader = LineReader(raw: raw, entry: entry, line: line)
        try reader.requireSeparators()
        amountFen = try reader.amount(.txnAmt)
        fee = try reader.sidedAmount(.merFee)
        settlement = try reader.sidedAmount(.settleAmt)
        net = try reader.sidedAmount(.netAmt)
        for field in [ReconciliationField.splitAmt, .discountAmt, .invoiceAmt, .instalFee] {
            _ = try reader.sidedAmount(field)
        }
        guard let queryID = try reader.queryID(.queryId) else {
            throw reader.error(.queryId, "missing")
        }
        self.queryID = queryID
        originalQueryID = try reader.queryID(.origQryId)
        for field in [ReconciliationField.traceNo, .txnTransTime] { _ = try reader.digits(field) }
        for field in [ReconciliationField.txnCode, .orderId, .txnType, .bizType, .merId] {
            try reader.requireASCII(field)
        }
    }
}

/// Reads the fields of one line, byte by byte.
private struct LineReader {
    let raw: [UInt8]
    let entry: String
    let line: Int

    func error(_ field: ReconciliationField, _ reason: String) -> ReconciliationFileError {
        .invalidField(entry: entry, line: line, field: field, reason: reason)
    }

    func requireSeparators() throws(ReconciliationFileError) {
        for (field, offset) in ReconciliationField.separators where raw[offset] != ASCII.space {
            throw error(field, "no blank after it")
        }
    }

    /// All digits of a field.
    func digits(_ field: ReconciliationField) throws(ReconciliationFileError) -> Int64 {
        try number(field, from: field.offset)
    }

    /// An amount in fen.
    func amount(_ field: ReconciliationField) throws(ReconciliationFileError) -> Int64 {
        try digits(field)
    }

    /// Side and amount; nil for a blank field, and for zero without a side.
    func sidedAmount(_ field: ReconciliationField) throws(ReconciliationFileError) -> SettlementAmount? {
        let first = raw[field.offset]
        if let side = SettlementAmount.Side(rawValue: first) {
            return SettlementAmount(side, fen: try number(field, from: field.offset + 1))
        }
        guard first == ASCII.space else { throw error(field, "neither C nor D") }
        let isBlank = raw[field.offset..<field.offset + field.width].allSatisfy { $0 == ASCII.space }
        if !isBlank, try number(field, from: field.offset + 1) != 0 {
            throw error(field, "an amount without side")
        }
        return nil
    }

    /// UnionPay's number of a trade; nil when the field is blank.
    func queryID(_ field: ReconciliationField) throws(ReconciliationFileError) -> QueryID? {
        try requireASCII(field)
        let bytes = raw[field.offset..<field.offset + field.width]
        let text = bytes.prefix { $0 != ASCII.space }
        guard bytes.dropFirst(text.count).allSatisfy({ $0 == ASCII.space }) else {
            throw error(field, "a blank within it")
        }
        guard !text.isEmpty else { return nil }
        do {
            return try QueryID(String(decoding: text, as: UTF8.self))
        } catch {
            throw self.error(field, "not letters and digits")
        }
    }

    /// Throws unless the field is printable ASCII.
    func requireASCII(_ field: ReconciliationField) throws(ReconciliationFileError) {
        for byte in raw[field.offset..<field.offset + field.width] where byte < 0x20 || byte > 0x7E {
            throw error(field, "not printable ASCII")
        }
    }

    private func number(
        _ field: ReconciliationField, from start: Int
    ) throws(ReconciliationFileError) -> Int64 {
        var number: Int64 = 0
        for byte in raw[start..<field.offset + field.width] {
            guard ASCII.isDigit(byte) else { throw error(field, "not digits") }
            number = number * 10 + Int64(byte - 0x30)
        }
        return number
    }
}

// MARK: Writing

extension ReconciliationRecord {
    /// A line of the layout with 42 fields, for the bank's side. Throws `invalidField` for what does not fit.
    public init(
        tradeCode: String, traceNumber: String, transmissionTime: String, amountFen: Int64, queryID: QueryID,
        orderNumber: String, fee: SettlementAmount?, settlement: SettlementAmount?, net: SettlementAmount?,
        transactionType: String, transactionSubtype: String = "", productType: String, merchant: String,
        originalQueryID: QueryID? = nil, others: [ReconciliationField: String] = [:], line: Int = 1
    ) throws(ReconciliationFileError) {
        var writer = LineWriter(line: line)
        for (field, text) in others { try writer.put(text, in: field) }
        for (field, text) in [
            (ReconciliationField.txnCode, tradeCode), (.traceNo, traceNumber),
            (.txnTransTime, transmissionTime), (.queryId, queryID.text), (.orderId, orderNumber),
            (.txnType, transactionType), (.txnSubType, transactionSubtype), (.bizType, productType),
            (.merId, merchant), (.origQryId, originalQueryID?.text ?? ""),
        ] {
            try writer.put(text, in: field)
        }
        try writer.put(amountFen, after: "", in: .txnAmt)
        let amounts: [(ReconciliationField, SettlementAmount?)] = [
            (.merFee, fee), (.settleAmt, settlement), (.netAmt, net), (.splitAmt, nil), (.discountAmt, nil),
            (.invoiceAmt, nil), (.instalFee, nil),
        ]
        for (field, amount) in amounts where others[field] == nil {
            let side = amount.map { $0.side == .credit ? "C" : "D" }
            try writer.put(amount?.fen ?? 0, after: side ?? " ", in: field)
        }
        try self.init(raw: writer.bytes, entry: LineWriter.entry, line: line)
    }
}

/// Puts fields into a line of blanks.
private struct LineWriter {
    static let entry = "a new line"

    private(set) var bytes = [UInt8](repeating: ASCII.space, count: ReconciliationField.lineLength)
    let line: Int

    init(line: Int) {
        self.line = line
    }

    /// Text at the left of its field.
    mutating func put(_ text: String, in field: ReconciliationField) throws(ReconciliationFileError) {
        guard
            let encoded = GBK.encode(text), encoded.count <= field.width,
            encoded.allSatisfy({ $0 >= ASCII.space })
        else { throw error(field, "not one line of GBK of at most \(field.width) bytes") }
        bytes.replaceSubrange(field.offset..<field.offset + encoded.count, with: encoded)
    }

    /// An amount with leading zeros after its side.
    mutating func put(
        _ fen: Int64, after side: String, in field: ReconciliationField
    ) throws(ReconciliationFileError) {
        let text = side + ASCII.padded(fen, to: field.width - side.utf8.count)
        guard fen >= 0, text.utf8.count == field.width else { throw error(field, "not an amount in fen") }
        try put(text, in: field)
    }

    private func error(_ field: ReconciliationField, _ reason: String) -> ReconciliationFileError {
        .invalidField(entry: Self.entry, line: line, field: field, reason: reason)
    }
}
