/// A layer of a file that is being read: it hands out its bytes piece by piece and holds no more than a buffer of them.
protocol ByteSource: AnyObject {
    /// Puts bytes into `target`, which is not empty, and tells how many; none only at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int
}

/// The bytes of a source, seen through a buffer of fixed size.
final class ByteReader {
    static let bufferSize = 64 * 1024

    private let source: any ByteSource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
    private var start = 0
    private var end = 0

    init(_ source: any ByteSource) {
        self.source = source
    }

    deinit {
        buffer.deallocate()
    }

    /// The bytes at hand; valid until the next `fill`.
    var unread: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<end])
    }

    /// Makes sure that there are bytes at hand; false at the end.
    func fill() throws -> Bool {
        if start == end {
            start = 0
            end = try source.read(into: buffer)
        }
        return start < end
    }

    /// Passes over bytes at hand.
    func consume(_ count: Int) {
        start += count
    }

    /// The next `count` bytes; nil when the source ends before.
    func take(_ count: Int) throws -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            guard try fill() else { return nil }
            let piece = unread.prefix(count - bytes.count)
            bytes.append(contentsOf: piece)
            consume(piece.count)
        }
        return bytes
    }

    /// Passes over `count` bytes; false when the source ends before.
    func skip(_ count: Int) throws -> Bool {
        var left = count
        while left > 0 {
            guard try fill() else { return false }
            let step = min(left, unread.count)
            consume(step)
            left -= step
        }
        return true
    }
}
