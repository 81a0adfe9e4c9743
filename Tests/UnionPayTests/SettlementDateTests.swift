import Foundation
import Testing

@testable import UnionPay

@Suite("Settlement days")
struct SettlementDateTests {
    private func moment(_ digits: String) throws -> Date {
        try #require(BeijingTime(digits: digits)).date
    }

    @Test(
        "Month and day get the year that brings them nearest to the day of booking in Beijing",
        arguments: [
            ("1122", "20261122100304", "20261122"), ("1231", "20270101000000", "20261231"),
            ("1231", "20270131235959", "20261231"), ("0101", "20261231235959", "20270101"),
            ("0101", "20261201000000", "20270101"), ("0101", "20270101000000", "20270101"),
            ("1231", "20261231235959", "20261231"), ("0229", "20280301000000", "20280229"),
            ("0229", "20271231000000", "20280229"),
        ])
    func years(monthDay: String, booked: String, expected: String) throws {
        let date = try #require(SettlementDate(monthDay: monthDay, bookedAt: moment(booked)))
        #expect(date.digits == expected)
        #expect(date.monthDay == monthDay)
        let transaction = BankTransaction(
            queryID: try QueryID("1"), amountFen: 1, settleDate: monthDay)
        #expect(try transaction.settlementDate(bookedAt: moment(booked)) == date)
    }

    @Test("Beijing's New Year counts, not London's")
    func zone() throws {
        // 2026-12-31T16:30:00Z is 2027 in Beijing already.
        let booked = Date(timeIntervalSince1970: 1_798_734_600)
        #expect(BeijingTime(booked).digits == "20270101003000")
        #expect(SettlementDate(monthDay: "0702", bookedAt: booked)?.digits == "20270702")
        #expect(SettlementDate(monthDay: "0703", bookedAt: booked)?.digits == "20260703")
    }

    @Test(
        "Text that is no day is no day",
        arguments: ["", "1", "12311", "0000", "1301", "0230", "0431", "-101", "+101", "1a01", "０１０１"])
    func refused(text: String) throws {
        #expect(try SettlementDate(monthDay: text, bookedAt: moment("20261122100304")) == nil)
    }

    @Test("29 February far from a leap year is no day")
    func leapDay() throws {
        #expect(try SettlementDate(monthDay: "0229", bookedAt: moment("20260301000000")) == nil)
        #expect(SettlementDate(year: 2026, month: 2, day: 29) == nil)
        #expect(SettlementDate(year: 2028, month: 2, day: 29) != nil)
        #expect(BankTransaction(queryID: try QueryID("1"), amountFen: 1).settlementDate(bookedAt: now) == nil)
    }

    @Test("Earlier is smaller")
    func order() throws {
        let last = try #require(SettlementDate(year: 2026, month: 12, day: 31))
        let first = try #require(SettlementDate(year: 2027, month: 1, day: 1))
        #expect(last < first && "\(first)" == "20270101")
    }
}
