/// Reads Base64 (RFC 4648, section 4) that comes in pieces cut anywhere. Line ends between characters are passed over;
/// anything else that is not strict Base64 is an error.
final class Base64Source: ByteSource {
    private let nextPiece: () throws -> [UInt8]?
    private var piece: [UInt8] = []
    private var position = 0
    /// How many characters came in earlier pieces.
    private var offset = 0
    private var group: UInt32 = 0
    private var groupCount = 0
    private var paddingCount = 0
    private var isAtEnd = false

    /// `nextPiece` hands over the text piece by piece and nil after the last one.
    init(_ nextPiece: @escaping () throws -> [UInt8]?) {
        self.nextPiece = nextPiece
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        var written = 0
        while written == 0, !isAtEnd {
            if position == piece.count {
                offset += piece.count
                position = 0
                guard let next = try nextPiece() else {
                    piece = []
                    isAtEnd = true
                    guard groupCount == 0 else { throw ReconciliationFileError.truncated(.base64) }
                    return 0
                }
                piece = next
            }
            let (read, count) = try decode(from: position, into: target)
            position += read
            written = count
        }
        return written
    }

    /// Decodes as much of the piece as there is room for: how many characters were used and how many bytes written.
    private func decode(
        from start: Int, into target: UnsafeMutableRawBufferPointer
    ) throws -> (read: Int, written: Int) {
        try piece.withUnsafeBufferPointer { characters in
            try Self.values.withUnsafeBufferPointer { values in
                var index = start
                var written = 0
                while index < characters.count, written + 3 <= target.count {
                    let character = characters[index]
                    let value = values[Int(character)]
                    if value < 64, paddingCount == 0 {
                        group = group << 6 | UInt32(value)
                        groupCount += 1
                        if groupCount == 4 {
                            target[written] = UInt8(truncatingIfNeeded: group >> 16)
                            target[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                            target[written + 2] = UInt8(truncatingIfNeeded: group)
                            written += 3
                            (group, groupCount) = (0, 0)
                        }
                    } else if character == UInt8(ascii: "=") {
                        written += try pad(at: offset + index, into: target, written)
                    } else if character != UInt8(ascii: "\r"), character != UInt8(ascii: "\n") {
                        throw ReconciliationFileError.notBase64(offset: offset + index)
                    }
                    index += 1
                }
                return (index - start, written)
            }
        }
    }

    /// Takes one padding character; with the last one it writes what the incomplete group holds.
    private func pad(
        at place: Int, into target: UnsafeMutableRawBufferPointer, _ written: Int
    ) throws -> Int {
        paddingCount += 1
        groupCount += 1
        let isAllowed = groupCount == 4 ? paddingCount <= 2 : groupCount == 3 && paddingCount == 1
        guard isAllowed else { throw ReconciliationFileError.notBase64(offset: place) }
        guard groupCount == 4 else { return 0 }
        // The bits that no byte uses must be zero: otherwise two texts would mean the same bytes.
        let bytes = 3 - paddingCount
        let bits = group << (6 * UInt32(paddingCount))
        guard bits & (UInt32(0xFF_FFFF) >> (8 * UInt32(bytes))) == 0 else {
            throw ReconciliationFileError.notBase64(offset: place)
        }
        for index in 0..<bytes {
            target[written + index] = UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(index)))
        }
        (group, groupCount) = (0, 0)
        return bytes
    }

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in Base64Alphabet.characters.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()
}

/// Writes Base64 as it comes, on one line.
struct Base64Writer {
    private var rest: [UInt8] = []

    /// The text for `bytes` and what was left before; at most two bytes stay for the next call.
    mutating func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        rest.append(contentsOf: bytes)
        let whole = rest.count - rest.count % 3
        var text: [UInt8] = []
        text.reserveCapacity(whole / 3 * 4)
        for index in stride(from: 0, to: whole, by: 3) {
            let group = UInt32(rest[index]) << 16 | UInt32(rest[index + 1]) << 8 | UInt32(rest[index + 2])
            for shift in [18, 12, 6, 0] as [UInt32] {
                text.append(Base64Alphabet.characters[Int(group >> shift & 63)])
            }
        }
        rest.removeFirst(whole)
        return text
    }

    /// The text for what is left, padded.
    mutating func finish() -> [UInt8] {
        guard !rest.isEmpty else { return [] }
        let missing = 3 - rest.count
        let text = encode([UInt8](repeating: 0, count: missing))
        return text.dropLast(missing) + [UInt8](repeating: UInt8(ascii: "="), count: missing)
    }
}

private enum Base64Alphabet {
    static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
