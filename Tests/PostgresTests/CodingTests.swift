import Foundation
import Postgres
import TestDatabase
import Testing

private enum Colour: String, PostgresCodable, CaseIterable {
    case red, green
}

@Suite("Values")
struct CodingTests {
    private func withConnection<R: Sendable>(
        _ body: @Sendable (isolated Connection) throws -> R
    ) async throws -> R {
        let test = try await TestDatabase.shared("PostgresTests", migrations: false)
        let database = test.open(.owner, poolSize: 1)
        let result = try await database.transaction(body)
        await database.close()
        return result
    }

    @Test("come back from the server as they were sent")
    func roundTrips() async throws {
        let id = UUID()
        let bytes: [UInt8] = Array(0...255)
        let text = "中国移动 “quoted” \\ '; \n 🏦"
        let row = try await withConnection { connection in
            try connection.query(
                """
                SELECT \(Int64.min) AS small, \(Int64.max) AS large, \(Int32.min) AS int4, \(-7) AS int,
                    \(text) AS text, \("") AS empty, \(true) AS yes, \(false) AS no, \(id) AS id, \(bytes) AS bytes,
                    \([] as [UInt8]) AS no_bytes, \(Colour.green) AS colour
                """)[0]
        }
        #expect(try row["small"] == Int64.min)
        #expect(try row["large"] == Int64.max)
        #expect(try row["int4"] == Int32.min)
        #expect(try row["int"] == -7)
        #expect(try row["text"] == text)
        #expect(try row["empty"] == "")
        #expect(try row["yes"] == true)
        #expect(try row["no"] == false)
        #expect(try row["id"] == id)
        #expect(try row["bytes"] == bytes)
        #expect(try row.decode("no_bytes", as: [UInt8].self) == [])
        #expect(try row["colour"] == Colour.green)
    }

    @Test("in arrays come back from the server as they were sent")
    func arraysRoundTrip() async throws {
        let words = ["", "NULL", "a,b", "{}", "say \"hi\"", "back\\slash", "长沙", " spaces "]
        let row = try await withConnection { connection in
            try connection.query(
                """
                SELECT \([1, -2, 3] as [Int64]) AS numbers, \([] as [String]) AS none, \(words) AS words,
                    \([nil, "x"] as [String?]) AS gaps, \([[0, 255], []] as [[UInt8]]) AS blobs,
                    \([true, false]) AS flags, \(Colour.allCases) AS colours,
                    ARRAY[ARRAY[1, 2], ARRAY[3, 4]] AS square
                """)[0]
        }
        #expect(try row.decode("numbers", as: [Int64].self) == [1, -2, 3])
        #expect(try row.decode("none", as: [String].self) == [])
        #expect(try row.decode("words", as: [String].self) == words)
        #expect(try row.decode("gaps", as: [String?].self) == [nil, "x"])
        #expect(try row.decode("blobs", as: [[UInt8]].self) == [[0, 255], []])
        #expect(try row.decode("flags", as: [Bool].self) == [true, false])
        #expect(try row.decode("colours", as: [Colour].self) == Colour.allCases)
        #expect(throws: PostgresError.self) { try row["square"] as [Int64] }
        #expect(throws: PostgresError.self) { try row["gaps"] as [String] }
    }

    @Test("of time keep the microsecond over a thousand years")
    func timesRoundTrip() async throws {
        // The server's own arithmetic says which text is right.
        let seconds: [Int64] = [
            -62_135_596_800, -12_219_292_800, -2_208_988_800, -86_401, -1, 0, 951_782_399, 951_782_400,
            951_868_800,
            1_709_164_799, 1_709_208_000, 1_791_200_096, 4_102_444_799, 253_402_300_799,
        ]
        let rows = try await withConnection { connection in
            try connection.query(
                """
                SELECT seconds, to_timestamp(seconds) AS made,
                    to_timestamp(seconds) + interval '123456 microseconds' AS fraction
                FROM unnest(\(seconds)) AS seconds
                """)
        }
        #expect(rows.count == seconds.count)
        for row in rows {
            let date = Date(timeIntervalSince1970: Double(try row["seconds"] as Int64))
            #expect(try row["made"] == date)
            let fraction: Date = try row["fraction"]
            #expect(abs(fraction.timeIntervalSince(date) - 0.123456) < 0.00002)
            let same = try await withConnection { connection in
                try connection.queryFirst(
                    """
                    SELECT \(date) = to_timestamp(\(try row["seconds"] as Int64)) AS equal,
                        \(date) AS echo
                    """)
            }
            #expect(try same?["equal"] == true)
            #expect(try same?["echo"] == date)
        }
    }

    @Test("of time in our century are exact to the microsecond")
    func microsecondsAreExact() async throws {
        let row = try await withConnection { connection in
            let first = try connection.query("SELECT timestamptz '2026-10-05 23:59:59.999999+00' AS moment")[
                0]
            let moment: Date = try first["moment"]
            return try connection.query("SELECT to_char(\(moment), 'YYYY-MM-DD HH24:MI:SS.US') AS text")[0]
        }
        #expect(try row["text"] == "2026-10-05 23:59:59.999999")
    }

    @Test("that are NULL are nil for an optional and an error otherwise")
    func readsNull() async throws {
        let row = try await withConnection { connection in
            try connection.query("SELECT \(nil as Int64?) AS nothing, \(5 as Int64?) AS something")[0]
        }
        #expect(try row.decode("nothing", as: Int64?.self) == nil)
        #expect(try row.decode("something", as: Int64?.self) == 5)
        let error = #expect(throws: PostgresError.self) { try row["nothing"] as Int64 }
        #expect(error?.kind == .decoding(column: "nothing", type: "Int64"))
        #expect(error?.message == "Column nothing, to be read as Int64, is NULL.")
    }

    @Test("that do not fit name column and type, and not the value")
    func namesColumnAndType() async throws {
        let row = try await withConnection { connection in
            try connection.query(
                """
                SELECT 'geheim' AS name, 3000000000 AS large, 'blue' AS colour,
                    timestamp '2026-01-01' AS local,
                    'infinity'::timestamptz AS endless, 1 AS twice, 2 AS twice, 1.5 AS fraction
                """)[0]
        }
        func failure<Value: PostgresDecodable>(_ column: String, _ type: Value.Type) -> PostgresError? {
            #expect(throws: PostgresError.self) { try row.decode(column, as: type) }
        }
        let name = failure("name", Int64.self)
        #expect(name?.kind == .decoding(column: "name", type: "Int64"))
        #expect(name?.message == "Column name, to be read as Int64, of type text holds another value.")
        #expect(failure("large", Int32.self)?.kind == .decoding(column: "large", type: "Int32"))
        #expect(failure("colour", Colour.self)?.kind == .decoding(column: "colour", type: "Colour"))
        #expect(failure("local", Date.self)?.message.contains("type timestamp holds") == true)
        #expect(failure("endless", Date.self) != nil)
        #expect(failure("fraction", Int64.self)?.message.contains("numeric") == true)
        #expect(failure("twice", Int32.self)?.message.contains("more than once") == true)
        #expect(failure("absent", Int64.self)?.message.contains("not among the columns name, large") == true)
    }

    @Test("with a NUL character are refused, since they would be cut off there")
    func refusesNUL() async throws {
        let error = await #expect(throws: PostgresError.self) {
            try await withConnection { try $0.query("SELECT \(1), \("pass\0word")") }
        }
        #expect(error?.kind == .invalidParameter(number: 2))
    }

    @Test("read sums of bigint as whole numbers")
    func readsNumeric() async throws {
        let row = try await withConnection {
            try $0.query("SELECT sum(n) AS total FROM unnest(\([9_000_000_000_000_000, 1])) AS n")[0]
        }
        #expect(try row.decode("total", as: Int64.self) == 9_000_000_000_000_001)
    }
}
