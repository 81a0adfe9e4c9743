/// Reads a zip archive (PKWARE's APPNOTE 6.3) from front to back: entries stored or deflated, their sums before or after
/// the data, also with 64 bits. Whatever stands in the central directory must agree with what was read.
///
/// As a source it hands out the unpacked bytes of the entry that is open.
final class ZipReader: ByteSource {
    /// What an entry's bytes add up to.
    private struct Sums: Equatable {
        var crc = CRC32()
        var packedSize: UInt64 = 0
        var size: UInt64 = 0
    }

    /// The entry that is being read.
    private struct OpenEntry {
        let name: String
        let rawName: [UInt8]
        let content: any ByteSource
        /// What it must add up to; nil when that stands after the data.
        let stated: Sums?
        let hasWideSizes: Bool
        var sums = Sums()
    }

    /// Far more than a reconciliation file has; bounds what is remembered.
    private static let largestEntryCount = 64

    private let reader: ByteReader
    private var entries: [(name: [UInt8], sums: Sums)] = []
    private var current: OpenEntry?

    init(_ source: any ByteSource) {
        reader = ByteReader(source)
    }

    /// Opens the next entry and tells its name, after what is left of the one before was passed over. Nil after the last
    /// one, when the whole archive was found complete.
    func nextEntry() throws -> String? {
        try skipEntry()
        switch try number(4) {
        case 0x0403_4B50: return try openEntry()
        case 0x0201_4B50: try readDirectory()
        case 0x0605_4B50: try readEnd()
        default: throw ReconciliationFileError.brokenArchive("no entry and no directory")
        }
        // Reading on to the end also has the layer below check its own sum.
        guard try !reader.fill() else { throw ReconciliationFileError.trailingBytes(.zip) }
        return nil
    }

    /// Bytes of the open entry; none after its last one, when they were found to be what the archive says.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        guard var entry = current else { return 0 }
        let count = try entry.content.read(into: target)
        guard count == 0 else {
            entry.sums.crc.add(UnsafeRawBufferPointer(rebasing: target[..<count]))
            entry.sums.size += UInt64(count)
            current = entry
            return count
        }
        current = nil
        let packed = (entry.content as? InflatingSource).map { UInt64($0.readCount) }
        entry.sums.packedSize = packed ?? entry.sums.size
        let stated = try entry.stated ?? descriptor(isWide: entry.hasWideSizes)
        guard stated.crc == entry.sums.crc else {
            throw ReconciliationFileError.wrongChecksum(entry: entry.name)
        }
        guard stated == entry.sums else { throw ReconciliationFileError.wrongLength(entry: entry.name) }
        entries.append((entry.rawName, entry.sums))
        return 0
    }

    private func skipEntry() throws {
        guard current != nil else { return }
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ByteReader.bufferSize, alignment: 16)
        defer { scratch.deallocate() }
        while try read(into: scratch) > 0 {}
    }

    private func openEntry() throws -> String {
        guard entries.count < Self.largestEntryCount else {
            throw ReconciliationFileError.unsupportedArchive("more than \(Self.largestEntryCount) entries")
        }
        _ = try number(2)  // Version needed.
        let flags = try number(2)
        let method = try number(2)
        try skip(4)  // Time and date.
        var stated = Sums(crc: CRC32(value: try number(4)))
        stated.packedSize = UInt64(try number(4))
        stated.size = UInt64(try number(4))
        let nameLength = try number(2)
        let extraLength = try number(2)
        let rawName = try bytes(Int(nameLength))
        let name = flags & 0x800 == 0 ? GBK.decode(rawName) : String(validating: rawName, as: UTF8.self)
        guard let name else { throw ReconciliationFileError.brokenArchive("a name that is no text") }
        let wide = Self.wideSizes(in: try bytes(Int(extraLength)))
        if let wide, stated.packedSize == 0xFFFF_FFFF, stated.size == 0xFFFF_FFFF {
            (stated.packedSize, stated.size) = wide
        }
        guard flags & 0x1 == 0 else {
            throw ReconciliationFileError.unsupportedArchive("\(name) is encrypted")
        }
        let hasDescriptor = flags & 0x8 != 0
        let content: any ByteSource
        switch method {
        case 0 where hasDescriptor:
            throw ReconciliationFileError.unsupportedArchive("\(name) is stored without its size")
        case 0: content = StoredSource(reader, count: stated.packedSize)
        case 8: content = try InflatingSource(reader, .deflate, entry: name)
        default: throw ReconciliationFileError.unsupportedArchive("\(name) is packed by method \(method)")
        }
        current = OpenEntry(
            name: name, rawName: rawName, content: content, stated: hasDescriptor ? nil : stated,
            hasWideSizes: wide != nil)
        return name
    }

    /// Checksum and sizes after an entry's data. Their signature may be left out.
    private func descriptor(isWide: Bool) throws -> Sums {
        let first = try number(4)
        var sums = Sums(crc: CRC32(value: first == 0x0807_4B50 ? try number(4) : first))
        sums.packedSize = try size(isWide: isWide)
        sums.size = try size(isWide: isWide)
        return sums
    }

    private func size(isWide: Bool) throws -> UInt64 {
        let low = UInt64(try number(4))
        return isWide ? low | UInt64(try number(4)) << 32 : low
    }

    /// The central directory, after the signature of its first entry, and the end of the archive.
    private func readDirectory() throws {
        var index = 0
        var signature: UInt32 = 0x0201_4B50
        while signature == 0x0201_4B50 {
            guard index < entries.count else { throw Self.disagreement }
            try checkDirectoryEntry(entries[index])
            index += 1
            signature = try number(4)
        }
        if signature == 0x0606_4B50 {
            // The 64-bit end (its length stands first) and its locator repeat what follows.
            let length = try size(isWide: true)
            guard length <= 1024 else { throw ReconciliationFileError.brokenArchive("an overlong end") }
            try skip(Int(length))
            guard try number(4) == 0x0706_4B50 else {
                throw ReconciliationFileError.brokenArchive("no locator of its end")
            }
            try skip(16)
            signature = try number(4)
        }
        guard signature == 0x0605_4B50 else {
            throw ReconciliationFileError.brokenArchive("no end after the directory")
        }
        guard index == entries.count else { throw Self.disagreement }
        try readEnd()
    }

    private func checkDirectoryEntry(_ entry: (name: [UInt8], sums: Sums)) throws {
        try skip(12)  // Versions, flags, method, time and date.
        let crc = try number(4)
        let packedSize = try number(4)
        let size = try number(4)
        let nameLength = try number(2)
        let extraLength = try number(2)
        let commentLength = try number(2)
        try skip(12)  // Disk, attributes, offset.
        let name = try bytes(Int(nameLength))
        try skip(Int(extraLength) + Int(commentLength))
        let agrees = { (stated: UInt32, read: UInt64) in stated == 0xFFFF_FFFF || UInt64(stated) == read }
        guard
            name == entry.name, crc == entry.sums.crc.value, agrees(packedSize, entry.sums.packedSize),
            agrees(size, entry.sums.size)
        else { throw Self.disagreement }
    }

    /// The end of the archive, after its signature.
    private func readEnd() throws {
        try skip(4)  // Disks.
        _ = try number(2)
        let count = try number(2)
        try skip(8)  // Size and offset of the directory.
        guard count == 0xFFFF || Int(count) == entries.count else { throw Self.disagreement }
        try skip(Int(try number(2)))
    }

    private static let disagreement = ReconciliationFileError.brokenArchive(
        "its directory is not about its entries")

    /// The sizes of the extra field for 64 bits, if it is there; zero where it has none.
    private static func wideSizes(in extra: [UInt8]) -> (packed: UInt64, plain: UInt64)? {
        var rest = extra[...]
        while rest.count >= 4 {
            let field = Array(rest.prefix(4))
            let length = Int(field[2]) | Int(field[3]) << 8
            let content = Array(rest.dropFirst(4).prefix(length))
            if field[0] == 1, field[1] == 0 {
                let value = { (offset: Int) in
                    content.dropFirst(offset).prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                }
                return (packed: value(8), plain: value(0))
            }
            rest = rest.dropFirst(4 + length)
        }
        return nil
    }

    /// A number of two or four bytes, lowest byte first.
    private func number(_ count: Int) throws -> UInt32 {
        try bytes(count).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        guard let bytes = try reader.take(count) else { throw ReconciliationFileError.truncated(.zip) }
        return bytes
    }

    private func skip(_ count: Int) throws {
        guard try reader.skip(count) else { throw ReconciliationFileError.truncated(.zip) }
    }
}

/// Bytes of a reader as they are, up to a count.
private final class StoredSource: ByteSource {
    private let reader: ByteReader
    private var left: UInt64

    init(_ reader: ByteReader, count: UInt64) {
        self.reader = reader
        left = count
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        guard left > 0 else { return 0 }
        guard try reader.fill() else { throw ReconciliationFileError.truncated(.zip) }
        let input = reader.unread
        let count = min(input.count, target.count, Int(clamping: left))
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        reader.consume(count)
        left -= UInt64(count)
        return count
    }
}
