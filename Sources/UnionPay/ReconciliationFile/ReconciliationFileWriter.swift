/// Writes the reconciliation file of a settlement day, for the bank's side: entries with the trades, without
/// adjustments, and with the summary, zipped, packed and in Base64. What comes out is handed on piece by piece.
public final class ReconciliationFileWriter {
    private static let lineEnd = Array("\r\n".utf8)
    /// What stands after the day in the sample's names.
    private static let batch = "88"

    private let entryName: (String) -> String
    private let summaryName: String
    private let archive: ZipWriter
    private let encoder: Encoder
    private var totals = ReconciliationTotals()

    /// The file's name, as the sample has it.
    public static func fileName(merchant: MerchantNumber, settlementDate: SettlementDate) -> String {
        "\(merchant.text)_\(settlementDate.digits).zip"
    }

    /// A file of a merchant and a day; its text goes to `sink`.
    public init(
        merchant: MerchantNumber, settlementDate: SettlementDate, to sink: @escaping ([UInt8]) throws -> Void
    ) throws {
        let day = String(settlementDate.digits.dropFirst(2))
        entryName = { "INN\(day)\(Self.batch)\($0)_\(merchant.text)" }
        summaryName = "RD2010\(day)01_\(merchant.text)"
        let encoder = try Encoder(sink)
        self.encoder = encoder
        archive = ZipWriter { try encoder.write($0) }
        try archive.beginEntry(entryName("ZM"))
    }

    /// Adds a trade.
    public func write(_ record: ReconciliationRecord) throws {
        try totals.add(record)
        try archive.write(record.raw + Self.lineEnd)
    }

    /// Ends the file with its summary. Nothing may be written afterwards.
    ///
    /// - Parameter stated: what the summary says; nil for the totals of what was written.
    public func finish(stating stated: ReconciliationTotals? = nil) throws {
        try archive.beginEntry(entryName("ZME"))
        try archive.beginEntry(summaryName)
        guard let summary = GBK.encode((stated ?? totals).summary) else {
            preconditionFailure("the title of a summary is GBK")
        }
        try archive.write(summary)
        try archive.finish()
        try encoder.finish()
    }

    /// The whole text of a short file.
    ///
    /// - Parameter stated: what its summary says; nil for the totals of its records.
    public static func fileContent(
        merchant: MerchantNumber, settlementDate: SettlementDate,
        _ records: some Sequence<ReconciliationRecord>, stating stated: ReconciliationTotals? = nil
    ) throws -> String {
        var text: [UInt8] = []
        let writer = try ReconciliationFileWriter(merchant: merchant, settlementDate: settlementDate) {
            text += $0
        }
        for record in records { try writer.write(record) }
        try writer.finish(stating: stated)
        return String(decoding: text, as: UTF8.self)
    }

    /// Packs and encodes what the archive writes.
    private final class Encoder {
        private let sink: ([UInt8]) throws -> Void
        private let deflater: Deflater
        private var base64 = Base64Writer()

        init(_ sink: @escaping ([UInt8]) throws -> Void) throws {
            self.sink = sink
            deflater = try Deflater(.zlib)
        }

        func write(_ bytes: [UInt8]) throws {
            try hand(base64.encode(deflater.deflate(bytes)))
        }

        func finish() throws {
            try hand(base64.encode(deflater.deflate([], isLast: true)))
            try hand(base64.finish())
        }

        private func hand(_ text: [UInt8]) throws {
            if !text.isEmpty { try sink(text) }
        }
    }
}
