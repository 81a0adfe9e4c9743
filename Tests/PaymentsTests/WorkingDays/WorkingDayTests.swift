import Foundation
import TestDatabase
import Testing

@testable import Payments

@Suite("Working days")
struct WorkingDayTests {
    private static func day(_ text: String) throws -> LocalDate { try #require(LocalDate(entered: text)) }

    @Test("A moment belongs to the day it is in Beijing")
    func beijing() throws {
        let start = Date(timeIntervalSince1970: 1_795_363_200)  // 2026-11-22T16:00:00Z
        #expect(LocalDate(start).description == "2026-11-23")
        #expect(LocalDate(start.addingTimeInterval(-0.5)).description == "2026-11-22")
        #expect(try Self.day("2026-11-23").start == start)
        #expect(LocalDate(Date(timeIntervalSince1970: 0)).description == "1970-01-01")
        #expect(LocalDate(Date(timeIntervalSince1970: -8 * 3600 - 1)).description == "1969-12-31")
    }

    @Test("Days count on and back over months and leap years")
    func counting() throws {
        var day = try Self.day("1999-12-31")
        for _ in 0..<12_000 {
            let next = day.adding(days: 1)
            #expect(next > day && next.adding(days: -1) == day)
            #expect(next.weekday == day.weekday % 7 + 1)
            #expect(LocalDate(year: next.year, month: next.month, day: next.day) == next)
            #expect(LocalDate(next.start) == next)
            day = next
        }
        #expect(try Self.day("2024-02-28").adding(days: 1).description == "2024-02-29")
        #expect(try Self.day("2026-11-23").weekday == 1)
        #expect(try Self.day("2026-11-23").firstOfMonth.description == "2026-11-01")
    }

    @Test(
        "Typed days are taken with the usual separators",
        arguments: [
            "2026-11-02", "2026/11/2", "2026.11.2", "2026年11月2日", " 2026-11-02 ",
        ])
    func entered(text: String) {
        #expect(LocalDate(entered: text)?.description == "2026-11-02")
    }

    @Test(
        "What is no day is none",
        arguments: [
            "", "2026-02-30", "2026-13-01", "26-11-02", "2026-11", "2026-11-02-01", "2026-11-0a",
            "２０２６-11-02", "0000-01-01",
        ])
    func notADay(text: String) {
        #expect(LocalDate(entered: text) == nil)
    }

    @Test(
        "The stored calendar has the working days of the notices, and a year that is missing is reported as missing"
    )
    func stored() async throws {
        try await PeopleFixture.with { fixture in
            let calendar = try await fixture.platform.workingDays.calendar()
            for (year, expected) in [(2023, 249), (2024, 251), (2025, 248), (2026, 248)] {
                var day = try #require(LocalDate(year: year, month: 1, day: 1))
                var working = 0
                while day.year == year {
                    if calendar.isWorkingDay(day) == true { working += 1 }
                    day = day.adding(days: 1)
                }
                #expect(working == expected)
            }
            #expect(calendar.isWorkingDay(try Self.day("2027-01-04")) == nil)
            // National Day 2026 runs from 1 to 7 October; Saturday 10 October is worked.
            #expect(calendar.isWorkingDay(try Self.day("2026-10-10")) == true)
            let holiday = calendar.adding(workingDays: 1, to: try Self.day("2026-09-30"))
            #expect(holiday.isExact && holiday.earliest.description == "2026-10-08")
            #expect(
                calendar.adding(workingDays: 0, to: try Self.day("2026-10-03")).earliest.description
                    == "2026-10-08")
            #expect(
                calendar.adding(workingDays: 0, to: try Self.day("2026-11-23")).earliest.description
                    == "2026-11-23")
            #expect(
                calendar.adding(workingDays: 3, to: try Self.day("2026-11-26")).earliest.description
                    == "2026-12-01")
        }
    }

    @Test("Counting into a year without calendar gives a range that names the year")
    func range() throws {
        let calendar = WorkingDayCalendar(exceptions: [:], loadedYears: [2026])
        let estimate = calendar.adding(workingDays: 2, to: try Self.day("2026-12-30"))
        #expect(!estimate.isExact && estimate.missingYears == [2027])
        #expect(estimate.earliest.description == "2027-01-01")
        #expect(estimate.latest.description == "2027-01-11")
        #expect(calendar.adding(workingDays: 1, to: try Self.day("2026-12-30")).isExact)
    }

    @Test("A day goes through the database unchanged")
    func coding() async throws {
        try await PeopleFixture.with { fixture in
            let day = try Self.day("2024-02-29")
            let row = try await fixture.platform.database.query("SELECT \(day) AS day").only()
            #expect(try row["day"] as LocalDate == day)
        }
    }
}
