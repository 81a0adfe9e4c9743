import CZlib

/// The two forms of compressed data in a reconciliation file; the raw value is zlib's `windowBits`.
enum CompressionFormat: Int32 {
    /// With header and Adler-32 (RFC 1950): the whole file.
    case zlib = 15
    /// Bare (RFC 1951): entries of the archive.
    case deflate = -15
}

/// Unpacks compressed bytes of a reader, and leaves the reader at the first byte after them.
final class InflatingSource: ByteSource {
    private let reader: ByteReader
    private let entry: String?
    private let stream: UnsafeMutablePointer<z_stream>
    private var isAtEnd = false
    /// How many compressed bytes were read.
    private(set) var readCount = 0

    /// `entry` names the entry in errors; nil is the file itself.
    init(_ reader: ByteReader, _ format: CompressionFormat, entry: String?) throws {
        self.reader = reader
        self.entry = entry
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard shim_inflateInit(stream, format.rawValue) == Z_OK else {
            throw ReconciliationFileError.brokenCompression(entry: entry)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        while !isAtEnd {
            guard try reader.fill() else {
                throw ReconciliationFileError.truncated(entry == nil ? .zlib : .zip)
            }
            let input = reader.unread
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(target.count)
            let status = inflate(stream, Z_NO_FLUSH)
            let read = input.count - Int(stream.pointee.avail_in)
            let written = target.count - Int(stream.pointee.avail_out)
            reader.consume(read)
            readCount += read
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK: break
            default: throw ReconciliationFileError.brokenCompression(entry: entry)
            }
            if written > 0 { return written }
        }
        return 0
    }
}

/// Packs bytes as they come.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private var buffer = [UInt8](repeating: 0, count: 16 * 1024)

    init(_ format: CompressionFormat) throws {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard shim_deflateInit(stream, format.rawValue) == Z_OK else {
            throw ReconciliationFileError.brokenCompression(entry: nil)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What comes out for `bytes`; with `isLast` also everything that is still held back.
    func deflate(_ bytes: [UInt8], isLast: Bool = false) throws -> [UInt8] {
        var packed: [UInt8] = []
        try bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull {
                let written = try buffer.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    guard CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH) != Z_STREAM_ERROR else {
                        throw ReconciliationFileError.brokenCompression(entry: nil)
                    }
                    return output.count - Int(stream.pointee.avail_out)
                }
                packed.append(contentsOf: buffer.prefix(written))
                isFull = written == buffer.count
            }
        }
        return packed
    }
}

/// CRC-32 as archives use it, summed up piece by piece.
struct CRC32: Equatable {
    private(set) var value: UInt32

    init(value: UInt32 = 0) {
        self.value = value
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let sum = crc32(
            UInt(value), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count))
        // With no bytes zlib would start anew.
        if !bytes.isEmpty { value = UInt32(truncatingIfNeeded: sum) }
    }
}
