/// The folder `Templates/`, as the compiler sees it.
struct TemplateFolder {
    /// The bytes of the template with a name such as `Shared/StateTag`; nil where there is none.
    let read: (_ name: String) -> [UInt8]?

    /// The path of a template in messages and in `#sourceLocation`: seen from the package, so that builds in
    /// different folders give the same program.
    static func path(of name: String) -> String {
        "Templates/\(name).mustache"
    }

    /// The template of a name, parsed; nil where there is none.
    ///
    /// Throws for what is not a template, for bytes that are not UTF-8 and for carriage returns, which the compiled
    /// pages could not treat as the interpreter does.
    func template(named name: String) throws(TemplateError) -> Template? {
        guard let bytes = read(name) else { return nil }
        let file = Self.path(of: name)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw TemplateError(
                file: file, position: Position(line: 1, column: 1), message: "the file is not UTF-8")
        }
        if let offset = bytes.firstIndex(of: UInt8(ascii: "\r")) {
            let line = bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
            throw TemplateError(
                file: file, position: Position(line: line, column: 1),
                message: "lines end with LF; this one has a carriage return")
        }
        return try TemplateParser.parse(bytes, file: file)
    }
}
