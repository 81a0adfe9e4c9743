import Testing

@testable import Postgres

@Suite("A statement")
struct SQLTests {
    @Test("binds what is interpolated and never pastes it")
    func bindsValues() {
        let name = "'; DROP TABLE staff; --"
        let sql: SQL = "SELECT id FROM staff WHERE name = \(name) AND id > \(7 as Int64)"
        #expect(sql.text == "SELECT id FROM staff WHERE name = $1 AND id > $2")
        #expect(sql.values == [name, "7"])
        #expect(sql.types == [.text, .int8])
    }

    @Test("numbers the values of a fragment anew")
    func composes() {
        let condition: SQL = "amount > \(5) AND state = \("open")"
        let sql: SQL = "SELECT 1 FROM orders WHERE enterprise = \(3) AND (\(fragment: condition)) LIMIT \(20)"
        #expect(
            sql.text == "SELECT 1 FROM orders WHERE enterprise = $1 AND (amount > $2 AND state = $3) LIMIT $4"
        )
        #expect(sql.values == ["3", "5", "open", "20"])
    }

    @Test("is joined from a list of conditions")
    func joins() {
        let sql = SQL.joined(["a = \(1)", "b = \(2)", "c IS NULL"], by: " AND ")
        #expect(sql.text == "a = $1 AND b = $2 AND c IS NULL")
        #expect(SQL.joined([], by: ", ").text.isEmpty)
    }

    @Test("takes raw text only under its label")
    func takesRawText() {
        let column = "created_at"
        let sql: SQL = "SELECT 1 ORDER BY \(unsafeRaw: column) LIMIT \(1)"
        #expect(sql.text == "SELECT 1 ORDER BY created_at LIMIT $1")
    }

    @Test("shows no values when it is printed")
    func hidesValues() {
        let sql: SQL = "SELECT \("secret")"
        #expect("\(sql)" == "SELECT $1")
    }
}
