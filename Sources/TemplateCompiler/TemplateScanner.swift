/// A tag, cut out of a template's bytes.
struct TemplateTag {
    /// What the sign after the braces makes it.
    enum Kind: Equatable {
        case variable, unescaped, section, inverted, close, partial, parent, block, comment
    }

    /// What it is.
    let kind: Kind
    /// Its name, without the white space around it; empty for a comment.
    let name: TagName
    /// The bytes from the first brace to the last.
    let range: Range<Int>
}

/// Cuts a template into tags. What lies between two tags is text.
struct TemplateScanner {
    private let source: [UInt8]
    private let file: String
    private var offset = 0
    private var line = 1
    private var lineStart = 0

    /// A scanner over a template's bytes; `file` is named in messages.
    init(source: [UInt8], file: String) {
        self.source = source
        self.file = file
    }

    /// All tags in order.
    mutating func tags() throws(TemplateError) -> [TemplateTag] {
        var tags: [TemplateTag] = []
        while offset + 1 < source.count {
            if source[offset] == UInt8(ascii: "{"), source[offset + 1] == UInt8(ascii: "{") {
                tags.append(try tag())
            } else {
                advance(to: offset + 1)
            }
        }
        return tags
    }

    /// The tag that begins here; the scanner then stands behind it.
    private mutating func tag() throws(TemplateError) -> TemplateTag {
        let start = offset
        let position = Position(line: line, column: start - lineStart + 1)
        let sign = start + 2 < source.count ? source[start + 2] : 0
        let kind = try kind(of: sign, at: position)
        let isTriple = sign == UInt8(ascii: "{")
        let closing = [UInt8](repeating: UInt8(ascii: "}"), count: isTriple ? 3 : 2)
        let nameStart = kind == .variable ? start + 2 : start + 3
        guard let nameEnd = find(closing, from: nameStart) else {
            throw TemplateError(file: file, position: position, message: "the tag is not closed")
        }
        let end = nameEnd + closing.count
        advance(to: end)
        guard kind != .comment else {
            return TemplateTag(kind: kind, name: TagName(text: "", position: position), range: start..<end)
        }
        let name = String(decoding: trimmed(nameStart..<nameEnd), as: UTF8.self)
        guard !name.isEmpty, !name.utf8.contains(where: { isWhiteSpace($0) || $0 == UInt8(ascii: "{") })
        else {
            throw TemplateError(file: file, position: position, message: "a tag holds one name")
        }
        guard !name.utf8.starts(with: [UInt8(ascii: "*")]) else {
            throw TemplateError(
                file: file, position: position, message: "a dynamic name cannot be compiled; name the partial"
            )
        }
        return TemplateTag(kind: kind, name: TagName(text: name, position: position), range: start..<end)
    }

    /// What the byte after the braces makes of a tag.
    private func kind(of sign: UInt8, at position: Position) throws(TemplateError) -> TemplateTag.Kind {
        switch sign {
        case UInt8(ascii: "{"), UInt8(ascii: "&"): return .unescaped
        case UInt8(ascii: "#"): return .section
        case UInt8(ascii: "^"): return .inverted
        case UInt8(ascii: "/"): return .close
        case UInt8(ascii: ">"): return .partial
        case UInt8(ascii: "<"): return .parent
        case UInt8(ascii: "$"): return .block
        case UInt8(ascii: "!"): return .comment
        case UInt8(ascii: "="):
            throw TemplateError(file: file, position: position, message: "delimiters are not changed here")
        case UInt8(ascii: "%"):
            throw TemplateError(file: file, position: position, message: "pragmas are not used here")
        default: return .variable
        }
    }

    /// Moves on, counting the lines passed.
    private mutating func advance(to end: Int) {
        while offset < end {
            if source[offset] == UInt8(ascii: "\n") {
                line += 1
                lineStart = offset + 1
            }
            offset += 1
        }
    }

    /// Where some bytes are next found.
    private func find(_ wanted: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + wanted.count <= source.count {
            if source[index..<index + wanted.count].elementsEqual(wanted) { return index }
            index += 1
        }
        return nil
    }

    /// A range of bytes without white space at its ends.
    private func trimmed(_ range: Range<Int>) -> ArraySlice<UInt8> {
        var slice = source[range]
        while let first = slice.first, isWhiteSpace(first) { slice.removeFirst() }
        while let last = slice.last, isWhiteSpace(last) { slice.removeLast() }
        return slice
    }

    private func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
