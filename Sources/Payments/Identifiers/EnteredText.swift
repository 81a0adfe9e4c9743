extension String {
    /// Without the white space around it, the ideographic space included.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// Whether a control character or an invisible direction mark is inside: nothing that people type, and
    /// a way to make one name look like another.
    var hasInvisibleCharacters: Bool {
        unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
            default: false
            }
        }
    }

    /// Names as they are compared: full-width brackets and letters equal half-width ones, and spaces do not
    /// count.
    var comparableName: String { normalizedIdentifier.uppercased() }

    /// Identifiers as people paste them: spaces and hyphens of any kind dropped, full-width characters made
    /// half-width.
    var normalizedIdentifier: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0xFF01...0xFF5E:
                if let half = Unicode.Scalar(scalar.value - 0xFEE0) { result.unicodeScalars.append(half) }
            case 0x2D, 0x2010...0x2015: continue
            default:
                if !scalar.properties.isWhitespace { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
