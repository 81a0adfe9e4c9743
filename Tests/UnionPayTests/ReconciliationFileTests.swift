import Cryptography
import Foundation
import Testing

@testable import UnionPay

@Suite("Reconciliation files")
struct ReconciliationFileTests {
    @Test("The layout has the 42 fields of UnionPay's list, with their names, widths and places")
    func layout() throws {
        let lines = String(decoding: try fixture("zm-layout.csv"), as: UTF8.self)
            .split(whereSeparator: \.isNewline).dropFirst()
        #expect(lines.count == 42 && ReconciliationField.allCases.count == 42)
        for (line, field) in zip(lines, ReconciliationField.allCases) {
            let columns = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(Int(columns[0]) == field.rawValue)
            #expect(columns[1] == field.name)
            #expect(Int(columns[2]) == field.width)
            #expect(Int(columns[3]) == field.offset)
        }
        let last = ReconciliationField.reserved2
        #expect(last.offset + last.width == ReconciliationField.lineLength)
    }

    @Test("A file made by other libraries is read with its records, entries and totals")
    func readsForeignFile() throws {
        let reader = try ReconciliationFileReader(fileContent: text("reconciliation-42.txt"))
        let records = try reader.all()
        try #require(records.count == 3)
        let payment = records[0]
        #expect(payment.tradeCode == "S22" && payment.traceNumber == "000001")
        #expect(payment.transmissionTime == "1122101624")
        #expect(payment.amountFen == 123_456)
        #expect(payment.fee == SettlementAmount(.debit, fen: 741))
        #expect(payment.settlement == SettlementAmount(.credit, fen: 122_715))
        #expect(payment.net?.signedFen == 122_715)
        #expect(payment.queryID.text == "202611221016240000018" && payment.originalQueryID == nil)
        #expect(payment.orderNumber == "TP20261122000001")
        #expect(payment.transactionType == "01" && payment.productType == "000202")
        #expect(payment.merchant == "777290058110097")
        #expect(payment.text(of: .accNo) == "621214******0167")
        let refund = records[1]
        #expect(refund.transactionType == "04" && refund.orderNumber == "RF20261122000001")
        #expect(refund.originalQueryID == payment.queryID)
        #expect(refund.settlement?.signedFen == -3435 && refund.fee?.signedFen == 21)
        let large = records[2]
        #expect(large.amountFen == 999_999_999_999 && large.fee == nil)
        #expect(large.orderNumber == String(repeating: "T", count: 32))
        // Chinese takes two bytes a character; were it counted otherwise, everything after it would be shifted.
        #expect(large.text(of: .subMerAbbr) == "长沙岳麓（某某）有限公司")
        #expect(large.text(of: .merReserved) == "㎡ 煊 喆 100%")
        #expect(large.text(of: .reserved1) == "备用")
        #expect(large.text(of: .reserved2) == String(repeating: "x", count: 98))
        #expect(records.map(\.line) == [1, 2, 3] && records.allSatisfy { $0.fieldCount == 42 })
        #expect(records.allSatisfy { $0.raw.count == 607 })

        let day = SettlementDate(year: 2026, month: 11, day: 22)
        #expect(reader.entries.map(\.kind) == [.trades, .adjustments, .summary])
        #expect(reader.entries.map(\.lineCount) == [3, 1, 3])
        #expect(reader.entries.map(\.settlementDate) == [day, day, nil])
        #expect(reader.totals.count == 3)
        #expect(reader.totals.amount == .init(debitFen: 3456, creditFen: 1_000_000_123_455))
        #expect(reader.totals.fee == .init(debitFen: 741, creditFen: 21))
        #expect(reader.totals.net == .init(debitFen: 3435, creditFen: 1_000_000_122_714))
        #expect(reader.statedTotals == reader.totals)
        #expect(try reader.next() == nil)
    }

    @Test("A file with 41 fields, sums after the data and Base64 in lines is read as well")
    func readsOlderLayout() throws {
        let reader = try ReconciliationFileReader(fileContent: text("reconciliation-41.txt"))
        let records = try reader.all()
        #expect(records.map(\.fieldCount) == [41, 42])
        #expect(records[0].queryID.text == "202611221016240000018")
        #expect(records[0].text(of: .reserved1) == "旧版保留域" + String(repeating: "y", count: 121))
        #expect(records[0].text(of: .reserved2) == "")
        #expect(reader.statedTotals == nil)
    }

    @Test("It does not matter where the text is cut into pieces", arguments: [1, 2, 3, 7, 64])
    func pieces(size: Int) throws {
        let whole = try text("reconciliation-42.txt")
        var rest = Array(whole.utf8)[...]
        let reader = try ReconciliationFileReader {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            return piece.isEmpty ? nil : piece
        }
        #expect(try reader.all() == ReconciliationFileReader(fileContent: whole).all())
    }

    @Test("What the bank's side writes is read back to the byte")
    func roundTrip() throws {
        let records = try (1...50).map { try record($0) }
        let content = try ReconciliationFileWriter.fileContent(
            merchant: merchant(), settlementDate: day(), records)
        let reader = try ReconciliationFileReader(fileContent: content)
        #expect(try reader.all() == records)
        #expect(
            reader.entries.map(\.name) == [
                "INN26112288ZM_777290058110097", "INN26112288ZME_777290058110097",
                "RD201026112201_777290058110097",
            ])
        #expect(reader.totals.count == 50 && reader.statedTotals == reader.totals)
        let empty = try ReconciliationFileWriter.fileContent(
            merchant: merchant(), settlementDate: day(), [])
        #expect(try ReconciliationFileReader(fileContent: empty).all().isEmpty)
        #expect(
            try ReconciliationFileWriter.fileName(merchant: merchant(), settlementDate: day())
                == "777290058110097_20261122.zip")
    }

    @Test("Other libraries read what the bank's side writes")
    func foreignReader() throws {
        let records = try (1...3).map { try record($0) }
        let content = try ReconciliationFileWriter.fileContent(
            merchant: merchant(), settlementDate: day(), records)
        let script = """
            import base64, io, sys, zipfile, zlib
            archive = zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(sys.stdin.read(), validate=True))))
            assert archive.testzip() is None
            sys.stdout.buffer.write(archive.read(archive.namelist()[0]))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            ProcessInfo.processInfo.environment["PYTHON"] ?? "python3", "-c", script,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(content.utf8))
        try input.fileHandleForWriting.close()
        let read = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(read == records.flatMap { $0.raw + [13, 10] })
    }

    @Test("The reader runs ahead of what it hands out by a few buffers only")
    func boundedMemory() throws {
        let count = 20_000
        var pieces: [[UInt8]] = []
        let writer = try ReconciliationFileWriter(merchant: merchant(), settlementDate: day()) {
            pieces.append($0)
        }
        var random = SystemRandomNumberGenerator()
        let model = try record(1).raw
        for number in 1...count {
            // Noise in a field that nobody reads keeps the file from being packed away to nothing.
            var raw = model
            for index in 0..<32 {
                raw[ReconciliationField.merReserved.offset + index] = UInt8.random(
                    in: 33...126, using: &random)
            }
            try writer.write(ReconciliationRecord(raw: raw, entry: "", line: number))
        }
        try writer.finish()
        let total = pieces.reduce(0) { $0 + $1.count }
        var (next, handed) = (0, 0)
        let reader = try ReconciliationFileReader {
            guard next < pieces.count else { return nil }
            defer { next += 1 }
            handed += pieces[next].count
            return pieces[next]
        }
        #expect(total > 8 * ByteReader.bufferSize)
        var lead = 0
        for number in 1...count {
            #expect(try reader.next() != nil)
            lead = max(lead, handed - total * number / count)
        }
        #expect(try reader.next() == nil)
        #expect(lead < 4 * ByteReader.bufferSize)
    }

    @Test("A record that does not fit its line is not made")
    func oversizedFields() throws {
        #expect(throws: ReconciliationFileError.self) {
            try record(1, order: String(repeating: "A", count: 33))
        }
        #expect(throws: ReconciliationFileError.self) { try record(1, order: "订单") }
        #expect(throws: ReconciliationFileError.self) { try record(1, fen: 1_000_000_000_000) }
        #expect(throws: ReconciliationFileError.self) { try record(1, fen: -1) }
        for text in ["\r\n", "😀", String(repeating: "长", count: 17)] {
            #expect(throws: ReconciliationFileError.self) { try record(1, others: [.subMerAbbr: text]) }
        }
        let named = try record(1, others: [.subMerAbbr: String(repeating: "长", count: 16)])
        #expect(named.text(of: .subMerAbbr) == String(repeating: "长", count: 16))
    }

    @Test("A summary is written as the sample has it")
    func writtenSummary() throws {
        let reader = try ReconciliationFileReader(fileContent: text("reconciliation-42.txt"))
        let records = try reader.all()
        #expect(
            try ReconciliationTotals(of: records).summary
                == "                  中国银联全渠道商户交易汇总表\r\n\r\n"
                + "总计                 3             34.56    10000001234.55              7.41              0.21"
                + "             34.35    10000001227.14\r\n")
        #expect(ReconciliationTotals(summary: ReconciliationTotals().summary) == ReconciliationTotals())
    }

    @Test("A summary that differs from the trades shows in the totals")
    func differingSummary() throws {
        let summary = "总计 2 0.00 1,234.56 7.41 0.00 0.00 1227.15\r\n"
        let stated = try #require(ReconciliationTotals(summary: "标题\r\n\r\n" + summary))
        #expect(stated.count == 2 && stated.amount.creditFen == 123_456 && stated.fee.debitFen == 741)
        for text in ["", "总计", "总计 2 0.00 1.0 7.41 0.00 0.00 1.00", "合计 1 0.00 0.00 0.00 0.00 0.00 0.00"] {
            #expect(ReconciliationTotals(summary: text) == nil)
        }
    }
}

/// The text of a fixture.
func text(_ name: String) throws -> String {
    String(decoding: try fixture(name), as: UTF8.self)
}

func merchant() throws -> MerchantNumber {
    try MerchantNumber(World.merchantNumber)
}

/// The settlement day of the tests.
func day() throws -> SettlementDate {
    try #require(SettlementDate(year: 2026, month: 11, day: 22))
}

/// A trade as the bank's side writes it.
func record(
    _ number: Int, order: String? = nil, fen: Int64? = nil, others: [ReconciliationField: String] = [:]
) throws -> ReconciliationRecord {
    let digits = ASCII.padded(Int64(number), to: 6)
    let amount = fen ?? Int64(number) * 100
    return try ReconciliationRecord(
        tradeCode: "S22", traceNumber: digits, transmissionTime: "1122101624", amountFen: amount,
        queryID: QueryID("202611221016240" + digits), orderNumber: order ?? "TP20261122" + digits,
        fee: SettlementAmount(.debit, fen: 6), settlement: SettlementAmount(.credit, fen: max(amount - 6, 0)),
        net: SettlementAmount(.credit, fen: max(amount - 6, 0)), transactionType: "01",
        transactionSubtype: "01", productType: "000202", merchant: World.merchantNumber, others: others,
        line: number)
}

extension ReconciliationFileReader {
    /// All records of a file.
    func all() throws -> [ReconciliationRecord] {
        var records: [ReconciliationRecord] = []
        while let record = try next() { records.append(record) }
        return records
    }
}
