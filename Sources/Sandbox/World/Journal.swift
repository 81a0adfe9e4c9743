import Foundation

/// A book on disk: one JSON object a line, only ever added to, read again at the start. Not flushed to the platter line
/// by line: a real bank would, but the sandbox survives its own death only, not the machine's.
struct Journal<Record: Codable & Sendable> {
    private let file: FileHandle
    private let encoder: JSONEncoder

    /// Opens or makes the file and reads what it holds. A last line that was cut off by a crash is removed.
    static func open(_ url: URL) throws -> (journal: Journal, records: [Record]) {
        let manager = FileManager.default
        try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        if !manager.fileExists(atPath: url.path) {
            guard manager.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
            else {
                throw SandboxFailure("cannot make \(url.path)")
            }
        }
        let file = try FileHandle(forUpdating: url)
        let content = try file.readToEnd() ?? Data()
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        let newline = UInt8(ascii: "\n")
        let whole = content.lastIndex(of: newline).map { content.prefix(through: $0) } ?? Data()
        var records: [Record] = []
        for line in whole.split(separator: newline) {
            records.append(try decoder.decode(Record.self, from: Data(line)))
        }
        try file.truncate(atOffset: UInt64(whole.count))
        try file.seekToEnd()
        return (Journal(file: file), records)
    }

    private init(file: FileHandle) {
        self.file = file
        encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
    }

    /// Adds a record.
    func append(_ record: Record) throws {
        var line = try encoder.encode(record)
        line.append(UInt8(ascii: "\n"))
        try file.write(contentsOf: line)
    }
}

/// Something that keeps the sandbox from working; the text is for the person who started it.
struct SandboxFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
