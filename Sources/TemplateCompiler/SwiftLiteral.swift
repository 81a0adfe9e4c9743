/// A text as a Swift string literal with the same bytes.
///
/// Printable ASCII and Chinese stay readable. Everything else, combining characters above all, is written as `\u{…}`.
func swiftLiteral(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": literal += "\\\""
        case "\\": literal += "\\\\"
        case "\n": literal += "\\n"
        case "\t": literal += "\\t"
        case " "..."~",  // ASCII
            "\u{00B7}", "\u{2014}", "\u{2018}"..."\u{201D}", "\u{2026}",  // · — ‘ ’ “ ” …
            "\u{3001}"..."\u{3029}", "\u{4E00}"..."\u{9FFF}", "\u{FF01}"..."\u{FF5E}":  // Chinese, full width
            literal.unicodeScalars.append(scalar)
        default:
            literal += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }
    return literal + "\""
}
