/// The Swift file that is being written, line by line.
///
/// Text is held back until a statement comes, so that neighbouring pieces of a template become one literal.
struct SwiftSource {
    private var lines: [String] = []
    private var text = ""
    private var depth = 0

    /// Adds what stands in the template.
    mutating func raw(_ piece: String) {
        text += piece
    }

    /// Adds a statement that the compiler may complain about: the complaint then names the template's line.
    mutating func statement(_ statement: String, file: String, line: Int) {
        flush()
        plain("#sourceLocation(file: \(swiftLiteral(file)), line: \(line))")
        plain(statement)
    }

    /// Opens braces after a statement, and says where that line is.
    @discardableResult
    mutating func open(_ head: String, file: String, line: Int) -> Int {
        statement(head + " {", file: file, line: line)
        depth += 1
        return lines.count - 1
    }

    /// Opens braces after a line that cannot be wrong.
    mutating func open(_ head: String) {
        plain(head + " {")
        depth += 1
    }

    /// Writes another head where braces were opened.
    mutating func replaceHead(at index: Int, by head: String) {
        let indentation = lines[index].prefix { $0 == " " }
        lines[index] = indentation + head + " {"
    }

    /// Closes the innermost braces.
    mutating func close() {
        flush()
        depth -= 1
        plain("}")
    }

    /// Adds a line that cannot be wrong.
    mutating func plain(_ line: String) {
        flush()
        lines.append(String(repeating: "    ", count: depth) + line)
    }

    /// The whole file.
    mutating func finished() -> String {
        flush()
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func flush() {
        guard !text.isEmpty else { return }
        let piece = text
        text = ""
        plain("out.raw(\(swiftLiteral(piece)))")
    }
}
