import Cryptography
import Foundation
import Testing

@testable import UnionPay

@Suite("Broken reconciliation files")
struct BrokenReconciliationFileTests {
    private static let entry = "INN26112288ZM_777290058110097"

    /// Packs bytes as UnionPay packs its archive.
    private func pack(_ archive: [UInt8]) throws -> String {
        try Base64.encode(Deflater(.zlib).deflate(archive, isLast: true))
    }

    /// An archive with one entry of these lines.
    private func archive(_ content: [UInt8], name: String = entry) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = ZipWriter { bytes += $0 }
        try writer.beginEntry(name)
        try writer.write(content)
        try writer.finish()
        return bytes
    }

    private func lines(_ records: [ReconciliationRecord]) -> [UInt8] {
        records.flatMap { $0.raw + [13, 10] }
    }

    private func read(_ content: String) throws -> [ReconciliationRecord] {
        try ReconciliationFileReader(fileContent: content).all()
    }

    private func expect(
        _ error: ReconciliationFileError, _ content: String, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: error, sourceLocation: location) { try read(content) }
    }

    /// The bytes of the good archive with one change.
    private func changed(_ bytes: [UInt8], _ signature: [UInt8], _ offset: Int, to value: [UInt8]) throws
        -> String
    {
        var bytes = bytes
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: signature) })
        bytes.replaceSubrange(start + offset..<start + offset + value.count, with: value)
        return try pack(bytes)
    }

    @Test("Text cut anywhere is an error, never a shorter file")
    func everyCut() throws {
        let whole = try text("reconciliation-42.txt")
        for length in 0..<whole.utf8.count {
            #expect(throws: ReconciliationFileError.self) { try read(String(whole.prefix(length))) }
        }
        expect(.truncated(.zlib), "")
        expect(.truncated(.base64), String(whole.prefix(401)))
        expect(.truncated(.zlib), String(whole.prefix(400)))
    }

    @Test("A changed character is an error or changes nothing", arguments: [1, 2, 0x20, 0x80] as [UInt8])
    func everyFlip(mask: UInt8) throws {
        let content = Array(try text("reconciliation-42.txt").utf8)
        let good = try read(text("reconciliation-42.txt"))
        for index in content.indices {
            var changed = content
            changed[index] ^= mask
            let reader = try ReconciliationFileReader(once(changed))
            do {
                #expect(try reader.all() == good)
            } catch {
                #expect(error is ReconciliationFileError)
            }
        }
    }

    @Test("A changed or cut byte inside the archive, packed rightly, is an error or changes nothing")
    func everyFlipInArchive() throws {
        let good = try (1...3).map { try record($0) }
        let whole = try archive(lines(good))
        for index in whole.indices {
            for mask in [1, 0x10, 0x80] as [UInt8] {
                var changed = whole
                changed[index] ^= mask
                do {
                    #expect(try read(pack(changed)) == good)
                } catch {
                    #expect(error is ReconciliationFileError)
                }
            }
            #expect(throws: ReconciliationFileError.self) { try read(pack(Array(whole.prefix(index)))) }
        }
    }

    @Test("Text that is not strict Base64 is refused where it goes wrong")
    func base64() throws {
        let whole = try text("reconciliation-42.txt")
        let dash = Array(whole.utf8.prefix(10)) + [UInt8(ascii: "-")] + Array(whole.utf8.dropFirst(11))
        expect(.notBase64(offset: 10), String(decoding: dash, as: UTF8.self))
        expect(.notBase64(offset: 1), "A=BC")
        expect(.notBase64(offset: 3), "AA=A")
        expect(.notBase64(offset: 4), "AAA==")
        // Bits that belong to no byte.
        expect(.notBase64(offset: 3), "AB==")
        expect(.notBase64(offset: 3), "AAB=")
        expect(.notBase64(offset: 4), "AA==AAAA")
        for bytes in [[], [1], [1, 2], [1, 2, 3], Array(0...255)] as [[UInt8]] {
            var writer = Base64Writer()
            let text = writer.encode(bytes.prefix(1)) + writer.encode(bytes.dropFirst(1)) + writer.finish()
            #expect(String(decoding: text, as: UTF8.self) == Base64.encode(bytes))
            let reader = ByteReader(Base64Source(once(text)))
            #expect(try reader.take(bytes.count) == bytes)
            #expect(try !reader.fill())
        }
    }

    @Test("Bytes after the end of the packed stream, of the archive and of neither")
    func trailing() throws {
        let whole = try archive(lines([record(1)]))
        let packed = try Deflater(.zlib).deflate(whole, isLast: true)
        expect(.trailingBytes(.zlib), Base64.encode(packed + [0]))
        expect(.trailingBytes(.zip), try pack(whole + [0]))
        expect(.trailingBytes(.zip), try pack(whole + whole))
        #expect(try read(Base64.encode(packed)).count == 1)
    }

    @Test("Checksums and lengths that do not fit")
    func sums() throws {
        let whole = try archive(lines([record(1)]))
        let descriptor: [UInt8] = [0x50, 0x4B, 7, 8]
        expect(.wrongChecksum(entry: Self.entry), try changed(whole, descriptor, 4, to: [0, 0, 0, 0]))
        expect(.wrongLength(entry: Self.entry), try changed(whole, descriptor, 8, to: [1, 0, 0, 0]))
        expect(.wrongLength(entry: Self.entry), try changed(whole, descriptor, 12, to: [1, 0, 0, 0]))
        var packed = try Deflater(.zlib).deflate(whole, isLast: true)
        packed[packed.count - 1] ^= 1
        expect(.brokenCompression(entry: nil), Base64.encode(packed))
        expect(.brokenCompression(entry: nil), Base64.encode(Array("not packed at all".utf8)))
    }

    @Test("Archives that are not archives, lack trades, or use what is not read here")
    func archives() throws {
        let whole = try archive(lines([record(1)]))
        let header: [UInt8] = [0x50, 0x4B, 3, 4]
        let directory: [UInt8] = [0x50, 0x4B, 1, 2]
        let end: [UInt8] = [0x50, 0x4B, 5, 6]
        expect(.brokenArchive("no entry and no directory"), try pack(Array("hello, world".utf8)))
        expect(.unsupportedArchive("\(Self.entry) is encrypted"), try changed(whole, header, 6, to: [9, 0]))
        expect(
            .unsupportedArchive("\(Self.entry) is packed by method 12"),
            try changed(whole, header, 8, to: [12, 0]))
        expect(
            .unsupportedArchive("\(Self.entry) is stored without its size"),
            try changed(whole, header, 8, to: [0, 0]))
        let disagreement = ReconciliationFileError.brokenArchive("its directory is not about its entries")
        expect(disagreement, try changed(whole, directory, 16, to: [0, 0, 0, 0]))
        expect(disagreement, try changed(whole, directory, 46, to: [UInt8(ascii: "X")]))
        expect(disagreement, try changed(whole, end, 10, to: [2, 0]))
        expect(.noTrades, try pack(archive([], name: "RD201015090501_777290058110097")))
        var bytes: [UInt8] = []
        let writer = ZipWriter { bytes += $0 }
        for number in 0...64 { try writer.beginEntry("\(number)") }
        try writer.finish()
        expect(.unsupportedArchive("more than 64 entries"), try pack(bytes))
    }

    @Test("A line of another length is named with its number and length")
    func lineLengths() throws {
        let good = try record(1).raw
        let name = Self.entry
        let cases: [([UInt8], ReconciliationFileError)] = [
            (
                good + [13, 10] + good.dropLast() + [13, 10],
                .wrongLineLength(entry: name, line: 2, bytes: 606)
            ),
            (good + [0x20, 13, 10], .wrongLineLength(entry: name, line: 1, bytes: 608)),
            (good + [13, 10, 13, 10], .wrongLineLength(entry: name, line: 2, bytes: 0)),
            (good + [13, 10, 65], .wrongLineLength(entry: name, line: 2, bytes: 1)),
            (good + good, .wrongLineLength(entry: name, line: 1, bytes: 1214)),
        ]
        for (content, error) in cases { expect(error, try pack(archive(content))) }
        // Line ends of either kind, and none after the last line, are good.
        #expect(try read(pack(archive(good + [10] + good + [13, 10] + good))).count == 3)
        // A line without an end does not fill the memory.
        let endless = [UInt8](repeating: 0x20, count: 1_000_000)
        #expect(throws: ReconciliationFileError.self) { try read(pack(archive(endless))) }
    }

    @Test("A field that is not as the layout says is named with its line")
    func fields() throws {
        let cases: [(ReconciliationField, String, String)] = [
            (.txnAmt, "00000000010 ", "not digits"), (.txnAmt, "-00000000100", "not digits"),
            (.merFee, "X000000000006", "neither C nor D"), (.settleAmt, "C00000000009A", "not digits"),
            (.netAmt, " 000000000094", "an amount without side"), (.discountAmt, "00", "neither C nor D"),
            (.queryId, "                     ", "missing"),
            (.queryId, "2026 1221016240000001", "a blank within it"),
            (.queryId, "2026-1221016240000001", "not letters and digits"),
            (.traceNo, "00000A", "not digits"), (.txnTransTime, "11-22 10:1", "not digits"),
            (.orderId, "\u{7F}", "not printable ASCII"), (.merId, "\0", "not printable ASCII"),
        ]
        for (field, value, reason) in cases {
            var raw = try record(2).raw
            raw.replaceSubrange(field.offset..<field.offset + value.utf8.count, with: Array(value.utf8))
            let content = try pack(archive(lines([record(1)]) + raw + [13, 10]))
            expect(.invalidField(entry: Self.entry, line: 2, field: field, reason: reason), content)
        }
        // Bytes moved by one fall between the fields.
        var shifted = try record(1).raw
        shifted.insert(UInt8(ascii: "S"), at: 0)
        shifted.removeLast()
        expect(
            .invalidField(entry: Self.entry, line: 1, field: .txnCode, reason: "no blank after it"),
            try pack(archive(shifted)))
        // Half a character in a name is nobody's money.
        var broken = try record(1).raw
        broken[ReconciliationField.subMerAbbr.offset] = 0xB3
        let records = try read(pack(archive(broken)))
        #expect(records.first?.text(of: .subMerAbbr) == "\u{FFFD}")
    }

    @Test("After an error the reader only repeats it")
    func repeatsError() throws {
        let content = try pack(archive(lines([record(1)]) + [65]))
        let reader = try ReconciliationFileReader(fileContent: content)
        #expect(try reader.next() != nil)
        for _ in 0..<3 {
            #expect(throws: ReconciliationFileError.wrongLineLength(entry: Self.entry, line: 2, bytes: 1)) {
                try reader.next()
            }
        }
        let failing = try ReconciliationFileReader { throw CocoaError(.fileReadUnknown) }
        for _ in 0..<2 { #expect(throws: CocoaError.self) { try failing.next() } }
    }

    /// A text in one piece.
    private func once(_ bytes: [UInt8]) -> () -> [UInt8]? {
        var rest: [UInt8]? = bytes
        return {
            defer { rest = nil }
            return rest
        }
    }
}
