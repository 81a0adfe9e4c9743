import Postgres

/// A query that always has a row had none: the data is damaged, or a row was removed that is never removed.
struct RowMissing: Error {}

extension [Row] {
    /// The row of a query that always has one.
    func only() throws(RowMissing) -> Row {
        guard let row = first else { throw RowMissing() }
        return row
    }
}
