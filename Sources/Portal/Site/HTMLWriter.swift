/// Collects the bytes of one page.
///
/// Compiled templates call it: `raw` for what stands in the template, `text` for what comes from a page. Everything
/// that comes from a page is escaped; there is no way to write a page's string unescaped but `markup`, and the
/// template compiler writes that only for the names on its own short list.
struct HTMLWriter: Sendable {
    /// What has been written so far: UTF-8.
    private(set) var bytes: [UInt8] = []

    /// A writer that has room for a page of usual size, so that the buffer seldom grows.
    init(capacity: Int = 16 * 1024) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes a piece of a template as it stands.
    ///
    /// Never inlined: thousands of calls would make release builds slow, and the copy is the cost anyway.
    @inline(never)
    mutating func raw(_ piece: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: piece.utf8Start, count: piece.utf8CodeUnitCount))
    }

    /// Writes a page's string, escaped for text and for quoted attributes.
    ///
    /// The escaping looks at bytes, not at characters: a quotation mark followed by a combining character is one
    /// `Character`, and still closes an attribute.
    @inline(never)
    mutating func text(_ value: String) {
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
        if isWritten == nil {
            Array(value.utf8).withUnsafeBufferPointer { appendEscaped($0) }
        }
    }

    /// Writes a whole number in decimal digits.
    @inline(never)
    mutating func text(_ value: Int) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes a string unescaped; only for names on the template compiler's list `namesPrintedUnescaped`.
    @inline(never)
    mutating func markup(_ value: String) {
        bytes.append(contentsOf: value.utf8)
    }

    /// Copies runs of harmless bytes at once and replaces the five that mean something in HTML.
    private mutating func appendEscaped(_ source: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in source.indices {
            guard let replacement = Self.replacement(for: source[index]) else { continue }
            bytes.append(contentsOf: source[start..<index])
            raw(replacement)
            start = index + 1
        }
        bytes.append(contentsOf: source[start...])
    }

    /// The reference that stands for a byte, or nil where the byte may stand for itself.
    @inline(__always)
    private static func replacement(for byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}

// MARK: What a template cannot print

extension HTMLWriter {
    @available(
        *, unavailable, message: "an optional is printed inside its own section: {{#name}}{{.}}{{/name}}"
    )
    mutating func text<Value: OptionalValue>(_ value: Value) {}

    @available(*, unavailable, message: "a Bool is not printed; write {{#isSo}}…{{/isSo}}{{^isSo}}…{{/isSo}}")
    mutating func text(_ value: Bool) {}

    @available(*, unavailable, message: "a template prints String and Int; format anything else in the page")
    mutating func text<Value>(_ value: Value) {}
}
