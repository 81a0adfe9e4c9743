import Payments
import Testing

@testable import Portal

@Suite("The address of a statement")
struct StatementQueryTests {
    private static let today = LocalDate(ClerkSamples.moment)

    private func read(_ address: String) -> (query: StatementQuery, errors: [String]) {
        var errors: [FieldError] = []
        let fields = FormFields(urlencoded: Array(address.utf8)) ?? .empty
        let query = StatementQuery(fields, today: Self.today, errors: &errors)
        return (query, errors.map(\.field))
    }

    private func days(_ address: String) -> String {
        let (query, errors) = read(address)
        #expect(errors == [])
        return "\(query.filter.from?.description ?? "–")…\(query.filter.until?.description ?? "–")"
    }

    @Test("Days that are left open are filled in, and never span more than twelve months")
    func openDays() {
        #expect(days("") == "2026-10-25…2026-11-23")
        #expect(days("kind=topUp") == "2026-10-25…2026-11-23")
        #expect(days("order=TP1") == "–…–")
        #expect(days("from=2026-01-02") == "2026-01-02…2026-11-23")
        #expect(days("from=2020-02-29") == "2020-02-29…2021-02-28")
        #expect(days("from=2027-01-01") == "2027-01-01…2027-12-31")
        #expect(days("until=2026-11-23") == "2025-11-24…2026-11-23")
        #expect(days("until=2024-02-29&order=TP1") == "2023-03-02…2024-02-29")
        #expect(days("from=2025-11-24&until=2026-11-23") == "2025-11-24…2026-11-23")
        #expect(read("from=2025-11-23&until=2026-11-23").errors == ["from"])
        #expect(read("from=2026-11-02&until=2026-11-01").errors == ["from"])
    }

    @Test(
        "What is not understood is an error of its field",
        arguments: [
            ("from=0001-01-01", ["from"]), ("until=9999-12-31", ["until"]), ("from=1999-12-31", ["from"]),
            ("from=2026-02-30&until=x", ["from", "until"]), ("kind=top_up", ["kind"]),
            ("state=paid", ["state"]),
            ("direction=up", ["direction"]), ("least=1.234", ["least"]), ("most=-1", ["most"]),
            ("least=2&most=1.99", ["least"]), ("kind=x&least=x&from=x", ["from", "kind", "least"]),
        ])
    func refused(address: String, fields: [String]) {
        #expect(read(address).errors == fields)
    }

    @Test("An address is read and written alike, with its place in the list and without")
    func roundTrip() {
        let address =
            "from=2026-01-01&until=2026-02-28&kind=billPayment&state=%E7%BC%B4%E8%B4%B9%E6%88%90%E5%8A%9F"
            + "&direction=expense&least=1.00&most=1000.00&order=BP1&counterparty=%E6%B0%B4%20%26"
        let (query, errors) = read(address + "&before=42&page=3")
        #expect(errors == [])
        #expect(
            query.filter.states == [OrderState(BillPaymentStatus(state: "paid", writeOff: "writtenOff")!)])
        #expect(query.path.text == "/account/transactions?" + address + "&before=42&page=3")
        #expect(query.exportPath.text == "/account/transactions/export.csv?" + address)
        #expect(StatementQuery(query.filter).path.text == "/account/transactions?" + address)
    }

    @Test(
        "Every state of an order on a statement has a label to filter by, and each label leads back to its states"
    )
    func states() throws {
        for label in StatementStates.labels {
            let states = try #require(StatementStates.byLabel[label])
            #expect(StatementStates.label(of: states) == label)
            for state in states {
                #expect(state.kind.tag(state: state.state, writeOff: state.writeOff).label == label)
            }
        }
        #expect(Set(StatementStates.labels).count == StatementStates.labels.count)
        #expect(StatementStates.labels.contains("缴费成功") && StatementStates.labels.contains("结果确认中"))
        #expect(try #require(StatementStates.byLabel["结果确认中"]).count == 3)
    }
}
