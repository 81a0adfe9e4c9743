import CPostgres

/// The columns of a statement's rows, shared by all rows of all its runs.
final class Columns: Sendable {
    let names: [String]
    let types: [PostgresType]
    /// Names that stand for more than one column, and so for none.
    let ambiguous: Set<String>

    init(of result: OpaquePointer) {
        let count = PQnfields(result)
        var names: [String] = []
        var types: [PostgresType] = []
        var seen: Set<String> = []
        var ambiguous: Set<String> = []
        for column in 0..<count {
            let name = PQfname(result, column).map { String(cString: $0) } ?? ""
            if !seen.insert(name).inserted { ambiguous.insert(name) }
            names.append(name)
            types.append(PostgresType(rawValue: PQftype(result, column)))
        }
        self.names = names
        self.types = types
        self.ambiguous = ambiguous
    }
}

/// What the server answered to one statement; freed with the last row that refers to it.
///
/// `@unchecked Sendable`: libpq's manual (34.20, "Behavior in Threaded Programs") says that a PGresult is
/// read-only after creation and may be passed around freely between threads; nothing here changes it.
final class QueryResult: @unchecked Sendable {
    private let pointer: OpaquePointer
    let columns: Columns
    let rowCount: Int32

    /// Takes the result over.
    init(_ pointer: OpaquePointer, columns: Columns) {
        self.pointer = pointer
        self.columns = columns
        rowCount = PQntuples(pointer)
    }

    deinit {
        PQclear(pointer)
    }

    /// The rows in order.
    var rows: [Row] {
        (0..<rowCount).map { Row(result: self, index: $0) }
    }

    /// How many rows a command inserted, changed, deleted or selected.
    var affectedRows: Int {
        PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The text of one value; nil is NULL.
    ///
    /// This is the only place that calls `PQgetvalue`: for a row or column that is not there it gives a null
    /// pointer, which would end the whole process.
    func text(row: Int32, column: Int) -> String? {
        precondition(row >= 0 && row < rowCount && columns.names.indices.contains(column))
        let column = Int32(column)
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else {
            return nil
        }
        let length = Int(PQgetlength(pointer, row, column))
        return start.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }
}

/// One row of an answer.
public struct Row: Sendable {
    let result: QueryResult
    let index: Int32

    /// The names of the columns in order.
    public var columns: [String] { result.columns.names }

    /// Reads a column as the type the context asks for: `try row["amount"] as Int64`.
    ///
    /// - Throws: `PostgresError` of kind `decoding` when there is no such column or more than one, or the
    ///   value is NULL or of another type.
    public subscript<Value: PostgresDecodable>(column: String) -> Value {
        get throws(PostgresError) { try decode(column, as: Value.self) }
    }

    /// Reads a column as a type.
    ///
    /// - Throws: `PostgresError` of kind `decoding` when there is no such column or more than one, or the
    ///   value is NULL or of another type.
    public func decode<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let number = result.columns.names.firstIndex(of: column) else {
            throw failure(
                column, type, "is not among the columns \(result.columns.names.joined(separator: ", "))")
        }
        if !result.columns.ambiguous.isEmpty, result.columns.ambiguous.contains(column) {
            throw failure(column, type, "stands there more than once")
        }
        guard let text = result.text(row: index, column: number) else {
            guard let value = Value.postgresNull else { throw failure(column, type, "is NULL") }
            return value
        }
        guard let value = Value(postgresText: text) else {
            // The value itself stays out of the message: it may be a customer's.
            throw failure(column, type, "of type \(result.columns.types[number].name) holds another value")
        }
        return value
    }

    private func failure(_ column: String, _ type: Any.Type, _ reason: String) -> PostgresError {
        PostgresError(
            .decoding(column: column, type: "\(type)"), "Column \(column), to be read as \(type), \(reason).")
    }
}
