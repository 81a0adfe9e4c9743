import Glibc

/// Reads the reconciliation file of a settlement day (对账文件) line by line: fileContent is Base64 of zlib of a zip, whose
/// entries are the trades (`INNyyMMdd…ZM_<merchant>`), errors and adjustments (`…ZME_…`) and a summary (`RD…`).
///
/// It holds a few buffers of fixed size, however long the file is. **What it hands out counts only once `next()` has
/// returned nil**: the checksums stand at the end, so a broken file shows itself last. After an error it only repeats
/// that error.
public final class ReconciliationFileReader {
    /// One entry of the archive.
    public struct Entry: Sendable, Equatable {
        /// What an entry holds, by its name.
        public enum Kind: Sendable, Equatable {
            /// The trades.
            case trades
            /// Errors and adjustments. The meaning of their fields is not published, so lines are only counted: whoever
            /// reads the file must have a person look when there are any.
            case adjustments
            /// The totals, to be read by people.
            case summary
            /// Anything else.
            case other
        }

        /// The name.
        public let name: String
        /// What it holds.
        public let kind: Kind
        /// The settlement day that the name tells; nil when it tells none.
        public let settlementDate: SettlementDate?
        /// Lines in it.
        public fileprivate(set) var lineCount = 0

        init(name: String) {
            self.name = name
            let file = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
            if file.hasPrefix("RD") {
                kind = .summary
            } else if file.hasPrefix("INN") {
                kind = file.contains("ZME_") ? .adjustments : file.contains("ZM_") ? .trades : .other
            } else {
                kind = .other
            }
            settlementDate =
                file.hasPrefix("INN")
                ? SettlementDate(sixDigits: String(file.dropFirst(3).prefix(6))) : nil
        }
    }

    /// A summary longer than this is not kept; the sample's has 2,312 bytes.
    private static let largestSummary = 64 * 1024

    /// The entries begun so far.
    public private(set) var entries: [Entry] = []
    /// Sums over the records handed out so far.
    public private(set) var totals = ReconciliationTotals()
    /// The totals that the file's own summary states; nil while it was not reached, when there is none, and when it looks
    /// otherwise than known. A difference from `totals` is for whoever reads the file to act upon.
    public private(set) var statedTotals: ReconciliationTotals?

    private let compressed: ByteReader
    private let archive: ZipReader
    private var lines: LineSource?
    private var failure: (any Error)?
    private var isComplete = false

    /// Reads text that comes in pieces, cut anywhere: `nextPiece` returns nil after the last one. What it throws comes
    /// out of `next()`.
    public init(_ nextPiece: @escaping () throws -> [UInt8]?) throws {
        compressed = ByteReader(Base64Source(nextPiece))
        archive = ZipReader(try InflatingSource(compressed, .zlib, entry: nil))
    }

    /// Reads fileContent as an answer brings it.
    public convenience init(fileContent: String) throws {
        var rest = fileContent.utf8[...]
        try self.init {
            let piece = rest.prefix(ByteReader.bufferSize)
            rest = rest[piece.endIndex...]
            return piece.isEmpty ? nil : Array(piece)
        }
    }

    /// The next trade; nil once the whole file was read and found right. Throws `ReconciliationFileError`, or what
    /// `nextPiece` threw.
    public func next() throws -> ReconciliationRecord? {
        if let failure { throw failure }
        do {
            return try readNext()
        } catch {
            failure = error
            throw error
        }
    }

    private func readNext() throws -> ReconciliationRecord? {
        while !isComplete {
            if let lines, let entry = entries.last {
                if let raw = try lines.next(entry: entry.name) {
                    entries[entries.count - 1].lineCount = lines.count
                    let record = try ReconciliationRecord(raw: raw, entry: entry.name, line: lines.count)
                    do { try totals.add(record) } catch {
                        throw ReconciliationFileError.invalidField(
                            entry: entry.name, line: lines.count, field: .txnAmt, reason: "an impossible sum")
                    }
                    return record
                }
                self.lines = nil
            }
            guard let name = try archive.nextEntry() else {
                try finish()
                return nil
            }
            try begin(Entry(name: name))
        }
        return nil
    }

    private func begin(_ entry: Entry) throws {
        entries.append(entry)
        let reader = ByteReader(archive)
        guard entry.kind != .trades else {
            lines = LineSource(reader)
            return
        }
        var count = 0
        var kept: [UInt8] = []
        var lastByte: UInt8?
        while try reader.fill() {
            let unread = reader.unread
            for byte in unread where byte == UInt8(ascii: "\n") { count += 1 }
            if entry.kind == .summary, kept.count + unread.count <= Self.largestSummary {
                kept.append(contentsOf: unread)
            }
            lastByte = unread.last
            reader.consume(unread.count)
        }
        if let lastByte, lastByte != UInt8(ascii: "\n") { count += 1 }
        entries[entries.count - 1].lineCount = count
        if let text = GBK.decode(kept), let stated = ReconciliationTotals(summary: text) {
            statedTotals = stated
        }
    }

    /// The archive was complete; after the stream it came in nothing may follow.
    private func finish() throws {
        guard try !compressed.fill() else { throw ReconciliationFileError.trailingBytes(.zlib) }
        guard entries.contains(where: { $0.kind == .trades }) else { throw ReconciliationFileError.noTrades }
        isComplete = true
    }
}

/// The lines of an entry, each of the one length that lines of trades have. They end with CR LF or LF; the last one may
/// have no end.
private final class LineSource {
    private let reader: ByteReader
    /// A little longer than a line, so that one that is too long can be told from a cut one.
    private let line = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ReconciliationField.lineLength + 16, alignment: 16)
    /// How many lines were read.
    private(set) var count = 0

    init(_ reader: ByteReader) {
        self.reader = reader
    }

    deinit {
        line.deallocate()
    }

    /// The next line; nil at the end.
    func next(entry: String) throws -> [UInt8]? {
        var length = 0
        var isEnded = false
        while !isEnded, try reader.fill() {
            let unread = reader.unread
            let end = unread.firstIndexOfLineFeed
            let piece = UnsafeRawBufferPointer(rebasing: unread[..<(end ?? unread.count)])
            guard length + piece.count < line.count else {
                throw ReconciliationFileError.wrongLineLength(
                    entry: entry, line: count + 1, bytes: length + piece.count)
            }
            UnsafeMutableRawBufferPointer(rebasing: line[length...]).copyMemory(from: piece)
            length += piece.count
            isEnded = end != nil
            reader.consume(piece.count + (isEnded ? 1 : 0))
        }
        guard isEnded || length > 0 else { return nil }
        count += 1
        if length > 0, line[length - 1] == UInt8(ascii: "\r") { length -= 1 }
        guard length == ReconciliationField.lineLength, let start = line.baseAddress else {
            throw ReconciliationFileError.wrongLineLength(entry: entry, line: count, bytes: length)
        }
        return [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
            UnsafeMutableRawBufferPointer(target).copyMemory(
                from: UnsafeRawBufferPointer(start: start, count: length))
            initialized = length
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where the next line feed is, found by the C library.
    fileprivate var firstIndexOfLineFeed: Int? {
        guard let start = baseAddress, let place = memchr(start, 10, count) else { return nil }
        return UnsafeRawPointer(place) - start
    }
}
