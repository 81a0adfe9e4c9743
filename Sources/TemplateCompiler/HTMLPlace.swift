/// Follows the HTML of a template, to know where a value would be printed.
///
/// Escaping the five characters is right in an element's text and in a quoted attribute, and nowhere else: not in an
/// unquoted attribute, not in a script, not in a comment. The compiler refuses a value there.
struct HTMLPlace {
    /// The kinds of place that matter to a value.
    enum Kind: Equatable {
        case text, tag, unquoted, quoted, script, comment
    }

    private enum State: Equatable {
        case text, tagStart, tagName, tag, attributeName, valueStart, unquoted, quoted(UInt8)
        case markup, declaration, comment, script
    }

    private var state = State.text
    /// The element of the tag that is being read, with its slash for an end tag.
    private var element = ""
    /// The attribute that is being read.
    private var attribute = ""
    /// The last bytes of a comment or script, where its end is looked for.
    private var tail = ""

    /// Where a value would be printed now.
    var kind: Kind {
        switch state {
        case .text: .text
        case .tagStart, .tagName, .tag, .attributeName: .tag
        case .valueStart, .unquoted: .unquoted
        case .quoted: .quoted
        case .script: .script
        case .markup, .declaration, .comment: .comment
        }
    }

    /// Why no value may be printed here; nil where it may.
    var objection: String? {
        switch kind {
        case .text: nil
        case .quoted where attribute.hasPrefix("on") || ["style", "srcdoc"].contains(attribute):
            "no value is printed in the attribute \(attribute), whose text is code"
        case .quoted: nil
        case .unquoted: "the attribute \(attribute) is not quoted; write \(attribute)=\"…\""
        case .tag: "a value stands in an element's text or in a quoted attribute"
        case .script: "no value is printed in a script or a style; use a data- attribute"
        case .comment: "no value is printed in a comment"
        }
    }

    /// Moves on over a piece of the template.
    mutating func read(_ text: String) {
        for byte in text.utf8 { read(byte) }
    }

    private mutating func read(_ byte: UInt8) {
        let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
        switch state {
        case .text:
            if byte == UInt8(ascii: "<") { state = .tagStart }
        case .tagStart:
            start(byte)
        case .markup:
            tail.append(lowercased(byte))
            state = tail == "--" ? .comment : tail == "-" ? .markup : .declaration
            if byte == UInt8(ascii: ">") { state = .text }
        case .declaration:
            if byte == UInt8(ascii: ">") { state = .text }
        case .comment, .script:
            readTail(byte)
        case .valueStart where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"):
            state = .quoted(byte)
        case .valueStart:
            if !isSpace { state = .unquoted }
        case .quoted(let quote):
            if byte == quote { state = .tag }
        case .tagName, .tag, .attributeName, .unquoted:
            readTag(byte, isSpace: isSpace)
        }
    }

    /// The byte after `<` tells an element from a comment or declaration, and from a mere sign.
    private mutating func start(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "!"):
            tail = ""
            state = .markup
        case UInt8(ascii: "/"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            element = lowercased(byte)
            state = .tagName
        default:
            state = .text
        }
    }

    /// A byte between `<` and `>` that is not part of a quoted value.
    private mutating func readTag(_ byte: UInt8, isSpace: Bool) {
        if byte == UInt8(ascii: ">") {
            tail = ""
            state = element == "script" || element == "style" ? .script : .text
        } else if isSpace {
            state = .tag
        } else if state == .tagName {
            element.append(lowercased(byte))
        } else if byte == UInt8(ascii: "="), state != .unquoted {
            state = .valueStart
        } else if state == .tag, byte != UInt8(ascii: "/") {
            attribute = lowercased(byte)
            state = .attributeName
        } else if state == .attributeName {
            attribute.append(lowercased(byte))
        }
    }

    /// A byte of a comment or script, which only its own end ends.
    private mutating func readTail(_ byte: UInt8) {
        tail.append(lowercased(byte))
        if state == .comment {
            if tail.hasSuffix("-->") { state = .text }
        } else if tail.hasSuffix("</" + element) {
            element = "/" + element
            state = .tagName
        }
        if tail.utf8.count > 16 { tail.removeFirst() }
    }

    /// One byte as text, capital letters of ASCII made small.
    private func lowercased(_ byte: UInt8) -> String {
        let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        return String(Unicode.Scalar(isCapital ? byte + 32 : byte))
    }
}
