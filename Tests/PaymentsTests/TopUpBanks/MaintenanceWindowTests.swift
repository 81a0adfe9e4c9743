import Foundation
import Testing

@testable import Payments

@Suite("Maintenance windows of banks")
struct MaintenanceWindowTests {
    /// A moment in Beijing.
    private static func beijing(_ day: String, _ hour: Int, _ minute: Int = 0) throws -> Date {
        try #require(LocalDate(entered: day)).start.addingTimeInterval(Double(hour * 3600 + minute * 60))
    }

    @Test(
        "What people type comes to one spelling, which is read again as the same window",
        arguments: [
            ("23:30-00:30", "23:30 至 00:30"), ("1:05～2:00", "01:05 至 02:00"),
            ("２３：３０ 至 ２４：００", "23:30 至 00:00"),
            ("2026-12-05 22:00 至 2026-12-06 06:00", "2026-12-05 22:00 至 2026-12-06 06:00"),
            ("2026-12-5 22:00-2026-12-6 6:00", "2026-12-05 22:00 至 2026-12-06 06:00"),
            ("2026-10-01 至 2026-10-03", "2026-10-01 00:00 至 2026-10-04 00:00"),
        ])
    func entered(typed: String, spelling: String) throws {
        let window = try #require(MaintenanceWindow(entered: typed))
        #expect(window.text == spelling)
        #expect(MaintenanceWindow(entered: window.text) == window)
    }

    @Test(
        "What is no window is refused",
        arguments: [
            "", "夜间", "23:30", "25:00-26:00", "23:60-00:30", "23:30-23:30", "00:00-24:00", "24:00-01:00",
            "2026-02-30 至 2026-03-01", "2026-12-06 06:00 至 2026-12-05 22:00", "2026-12-05 22:00 至 06:00",
        ])
    func refused(typed: String) {
        #expect(MaintenanceWindow(entered: typed) == nil)
    }

    @Test("A window of every day runs over midnight in Beijing; its last minute is the one before the end")
    func daily() throws {
        let window = try #require(MaintenanceWindow(entered: "23:30-00:30"))
        let end = try Self.beijing("2026-11-24", 0, 30)
        #expect(window.end(at: try Self.beijing("2026-11-23", 23, 29)) == nil)
        #expect(window.end(at: try Self.beijing("2026-11-23", 23, 30)) == end)
        #expect(window.end(at: try Self.beijing("2026-11-24", 0)) == end)
        #expect(window.end(at: end.addingTimeInterval(-1)) == end)
        #expect(window.end(at: end) == nil)
        let short = try #require(MaintenanceWindow(entered: "02:00-03:00"))
        #expect(short.end(at: try Self.beijing("2026-11-24", 2, 59)) == (try Self.beijing("2026-11-24", 3)))
        #expect(short.end(at: try Self.beijing("2026-11-24", 3)) == nil)
        #expect(short.end(at: try Self.beijing("2026-11-24", 1, 59)) == nil)
    }

    @Test("A window of once lies between its two moments; of several that hold, the last to end counts")
    func once() throws {
        let window = try #require(MaintenanceWindow(entered: "2026-12-05 22:00 至 2026-12-06 06:00"))
        let end = try Self.beijing("2026-12-06", 6)
        #expect(window.end(at: try Self.beijing("2026-12-05", 21, 59)) == nil)
        #expect(window.end(at: try Self.beijing("2026-12-05", 22)) == end)
        #expect(window.end(at: end) == nil)
        let daily = try #require(MaintenanceWindow(entered: "23:30-00:30"))
        let bank = TopUpBank(
            code: "CCB", name: "中国建设银行", initials: "ZGJSYH", version: 1,
            settings: TopUpBankSettings(
                isOn: true, maintenance: [daily, window], isDirect: true, isSuggested: true))
        #expect(bank.availability(at: try Self.beijing("2026-12-05", 23, 45)) == .maintenance(until: end))
        #expect(bank.availability(at: end) == .open)
    }
}
