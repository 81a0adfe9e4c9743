/// A CSV file that Chinese Excel opens rightly: UTF-8 with byte order mark, CRLF, every field quoted.
struct CSVFile {
    private(set) var bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// How many fields the first line has.
    private var columns: Int?

    /// Adds a line.
    mutating func append(_ fields: [String]) {
        columns = columns ?? fields.count
        bytes += fields.map(Self.quoted).joined(separator: ",").utf8
        bytes += [0x0D, 0x0A]
    }

    /// Adds a line that says something about the file, with as many fields as the first.
    mutating func note(_ text: String) {
        append([text] + Array(repeating: "", count: (columns ?? 1) - 1))
    }

    /// A field in quotes. What a spreadsheet would take for a formula gets a leading quotation mark (ASVS 1.2.10).
    private static func quoted(_ field: String) -> String {
        let isFormula = field.first.map { "=+-@\t\0".contains($0) } ?? false
        return "\"" + (isFormula ? "'" : "") + field.replacing("\"", with: "\"\"") + "\""
    }
}
