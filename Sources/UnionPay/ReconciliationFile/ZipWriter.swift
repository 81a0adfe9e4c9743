/// Writes a zip archive as it comes: entries deflated, their sums after the data.
final class ZipWriter {
    private struct Entry {
        let name: [UInt8]
        let offset: UInt32
        var crc = CRC32()
        var packedSize: UInt32 = 0
        var size: UInt32 = 0
    }

    private let sink: ([UInt8]) throws -> Void
    private var entries: [Entry] = []
    private var deflater: Deflater?
    private var offset: UInt32 = 0

    /// 1980-01-01, the first day that an archive can name: what is written depends on its content only.
    private static let time: [UInt8] = [0, 0, 0x21, 0]
    /// Version 2.0, sums after the data, method deflate, time.
    private static let features: [UInt8] = [20, 0, 8, 0, 8, 0] + time

    init(to sink: @escaping ([UInt8]) throws -> Void) {
        self.sink = sink
    }

    /// Begins an entry; the name is ASCII.
    func beginEntry(_ name: String) throws {
        try endEntry()
        entries.append(Entry(name: Array(name.utf8), offset: offset))
        deflater = try Deflater(.deflate)
        try put(
            bytes(0x0403_4B50) + Self.features + [UInt8](repeating: 0, count: 12)
                + half(name.utf8.count) + half(0) + Array(name.utf8))
    }

    /// Adds bytes to the entry.
    func write(_ bytes: [UInt8]) throws {
        try add(bytes, isLast: false)
    }

    /// Ends the archive. Throws when it is longer than the format allows without its 64-bit form.
    func finish() throws {
        try endEntry()
        let start = offset
        for entry in entries {
            try put(
                bytes(0x0201_4B50) + [20, 0] + Self.features + bytes(entry.crc.value)
                    + bytes(entry.packedSize)
                    + bytes(entry.size) + half(entry.name.count) + [UInt8](repeating: 0, count: 12)
                    + bytes(entry.offset) + entry.name)
        }
        try put(
            bytes(0x0605_4B50) + half(0) + half(0) + half(entries.count) + half(entries.count)
                + bytes(offset - start) + bytes(start) + half(0))
    }

    private func endEntry() throws {
        guard deflater != nil, let index = entries.indices.last else { return }
        try add([], isLast: true)
        deflater = nil
        let entry = entries[index]
        try put(bytes(0x0807_4B50) + bytes(entry.crc.value) + bytes(entry.packedSize) + bytes(entry.size))
    }

    private func add(_ bytes: [UInt8], isLast: Bool) throws {
        guard let deflater, let index = entries.indices.last else {
            throw ReconciliationFileError.brokenArchive("content without an entry")
        }
        bytes.withUnsafeBytes { entries[index].crc.add($0) }
        entries[index].size = try Self.sum(entries[index].size, bytes.count)
        let packed = try deflater.deflate(bytes, isLast: isLast)
        entries[index].packedSize = try Self.sum(entries[index].packedSize, packed.count)
        try put(packed)
    }

    private func put(_ bytes: [UInt8]) throws {
        offset = try Self.sum(offset, bytes.count)
        if !bytes.isEmpty { try sink(bytes) }
    }

    private static func sum(_ count: UInt32, _ more: Int) throws -> UInt32 {
        let (sum, isTooLarge) = count.addingReportingOverflow(UInt32(clamping: more))
        guard !isTooLarge else { throw ReconciliationFileError.unsupportedArchive("more than 4 GiB") }
        return sum
    }

    private func bytes(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
    }

    private func half(_ number: Int) -> [UInt8] {
        Array(bytes(UInt32(number)).prefix(2))
    }
}
