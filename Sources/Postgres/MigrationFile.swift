import Foundation

/// One file of the folder of migrations, `NNNN-Feature-verb.sql`.
struct MigrationFile: Sendable, Equatable {
    /// The name without the folder.
    let name: String
    /// The number at its start; files run in its order.
    let number: Int
    /// The SQL.
    let text: String

    /// Reads all files of a folder in order.
    ///
    /// - Throws: `directoryUnreadable`, `badName`, `sameNumber`, `unreadable`.
    static func all(in directory: URL) throws(MigrationError) -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        } catch {
            throw .directoryUnreadable(directory.path)
        }
        var files: [MigrationFile] = []
        for name in names where name.hasSuffix(".sql") {
            guard let number = number(of: name) else { throw .badName(name) }
            guard let bytes = FileManager.default.contents(atPath: directory.appending(path: name).path),
                let text = String(validating: bytes, as: UTF8.self)
            else { throw .unreadable(name) }
            files.append(MigrationFile(name: name, number: number, text: text))
        }
        files.sort { $0.number < $1.number }
        for (earlier, later) in zip(files, files.dropFirst()) where earlier.number == later.number {
            throw .sameNumber(min(earlier.name, later.name), max(earlier.name, later.name))
        }
        return files
    }

    /// The number of a name of the right form: four digits, a feature, a verb.
    static func number(of name: String) -> Int? {
        guard let match = name.wholeMatch(of: /([0-9]{4})-[A-Z][A-Za-z]*(-[a-z0-9]+)+\.sql/) else {
            return nil
        }
        return Int(match.1)
    }

    /// The line of the text in which a character lies, both counted from 1.
    func line(at position: Int) -> Int {
        text.unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" } + 1
    }
}

/// Why the database was not brought up to date. Nothing of the migration that failed was kept.
public enum MigrationError: Error, Sendable, Equatable {
    /// The folder cannot be read.
    case directoryUnreadable(String)
    /// A file cannot be read, or is not UTF-8.
    case unreadable(String)
    /// A name that is not `NNNN-Feature-verb.sql`.
    case badName(String)
    /// Two files with one number.
    case sameNumber(String, String)
    /// A file that has run was changed afterwards.
    case edited(String)
    /// A file that has run is not there any more.
    case missing(String)
    /// A new file has a lower number than one that has run.
    case outOfOrder(String, after: String)
    /// A file holds COMMIT or ROLLBACK: it was not run as one, and what it left has to be looked at.
    case endsItsTransaction(String)
    /// The database refused a file.
    case refused(String, line: Int?, PostgresError)
    /// The database could not be reached or asked.
    case database(PostgresError)
}

extension MigrationError: CustomStringConvertible {
    /// One sentence for the person who started the migration.
    public var description: String {
        switch self {
        case .directoryUnreadable(let path): "The folder of migrations cannot be read: \(path)."
        case .unreadable(let name): "The migration \(name) cannot be read as UTF-8."
        case .badName(let name): "The migration \(name) is not named like 0001-Feature-verb.sql."
        case .sameNumber(let first, let second): "The migrations \(first) and \(second) have the same number."
        case .edited(let name):
            "The migration \(name) was changed after it had run; write a new one in its place."
        case .missing(let name): "The migration \(name) has run on this database and its file is missing."
        case .outOfOrder(let name, let after):
            "The migration \(name) is new but numbered before \(after), which has run."
        case .endsItsTransaction(let name): "The migration \(name) ends its transaction itself; it must not."
        case .refused(let name, let line, let error):
            "The migration \(name)\(line.map { ", line \($0)," } ?? "") failed: \(error)"
        case .database(let error): "The migrations could not begin: \(error)"
        }
    }
}
