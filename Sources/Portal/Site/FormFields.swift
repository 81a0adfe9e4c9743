import Foundation

/// The fields of a posted form (`application/x-www-form-urlencoded`) or of a query, decoded exactly once and kept
/// in the order they came. Form structs take their raw strings from here.
public struct FormFields: Sendable {
    /// Name and value, as sent.
    let pairs: [(name: String, value: String)]

    /// A form without fields.
    static let empty = FormFields(pairs: [])

    /// More fields than any form of ours has; stops a body of ten thousand names early.
    static let limit = 200

    init(pairs: [(name: String, value: String)]) {
        self.pairs = pairs
    }

    /// Decodes a body or a query string. Nil when an escape is broken, the bytes are no UTF-8, or there are too many.
    init?(urlencoded bytes: some Collection<UInt8>) {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < Self.limit else { return nil }
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            guard let decodedName = PercentEncoding.decodeForm(name),
                let value = PercentEncoding.decodeForm(part.dropFirst(name.count + 1))
            else { return nil }
            pairs.append((decodedName, value))
        }
        self.pairs = pairs
    }

    /// A field's value exactly as sent, empty when absent. For secrets, which are never trimmed.
    public subscript(_ name: String) -> String {
        pairs.first { $0.name == name }?.value ?? ""
    }

    /// Whether a field was sent at all: a ticked box, the button that was pressed.
    public func has(_ name: String) -> Bool {
        pairs.contains { $0.name == name }
    }

    /// A field's text in composed form (NFC) without blanks and invisible characters at its edges.
    public func text(_ name: String) -> String {
        EdgeTrimming.trimmed(self[name].precomposedStringWithCanonicalMapping)
    }

    /// A code or number: as ``text(_:)``, full-width letters and digits narrowed, all blanks inside taken out.
    public func code(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text(name).unicodeScalars where !EdgeTrimming.isInvisible(scalar) {
            if (0xFF01...0xFF5E).contains(scalar.value), let narrow = Unicode.Scalar(scalar.value - 0xFEE0) {
                scalars.append(narrow)
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// All values of a field that may come several times, such as ticked boxes.
    public func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    /// The first name that came twice and is not among `repeating`. Two amounts in one form are never an honest
    /// browser's, and which of them counts must not depend on who reads first.
    func repeatedName(except repeating: Set<String>) -> String? {
        var seen: Set<String> = []
        for (name, _) in pairs where !repeating.contains(name) {
            guard seen.insert(name).inserted else { return name }
        }
        return nil
    }
}

/// What counts as nothing at the edges of a field.
enum EdgeTrimming {
    /// Blanks, control characters and characters without a picture (zero width space, byte order mark).
    static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// The text without invisible characters before its first and after its last visible one.
    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isInvisible($0) }),
            let last = scalars.lastIndex(where: { !isInvisible($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
