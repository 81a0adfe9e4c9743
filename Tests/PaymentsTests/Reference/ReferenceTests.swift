import Foundation
import TestDatabase
import Testing

@testable import Payments

@Suite("Reference data")
struct ReferenceTests {
    @Test(
        "The cities are all there, grouped by province, and every default of an area code names one of them")
    func cities() async throws {
        try await PeopleFixture.with { fixture in
            let provinces = try await fixture.platform.reference.provinces()
            #expect(provinces.count == 31)
            #expect(provinces.flatMap(\.cities).count == 369)
            #expect(
                provinces.allSatisfy { province in
                    !province.cities.isEmpty
                        && province.cities.allSatisfy { $0.provinceCode == province.code }
                })
            let hunan = try #require(provinces.first { $0.name == "湖南省" })
            #expect(hunan.cities.first?.name == "长沙市")
            #expect(try await fixture.platform.reference.city("430100")?.areaCode == "0731")
            #expect(try await fixture.platform.reference.city("999999") == nil)
            #expect(try await fixture.count("cities", where: "is_area_code_default") == 319)
            #expect(try await fixture.count("working_day_exceptions") == 143)
        }
    }

    @Test("The banks begin with the state banks, and a bank that is gone is not offered")
    func banks() async throws {
        try await PeopleFixture.with { fixture in
            let banks = try await fixture.platform.reference.banks()
            #expect(banks.first?.name == "中国工商银行")
            #expect(banks.count == 195)
            #expect(banks.filter(\.isSuggested).count == 92)
            #expect(!banks.contains { $0.code == "BSB" })
        }
    }

    @Test("The application can read reference data and not change it")
    func readOnly() async throws {
        try await PeopleFixture.with { fixture in
            let tables = [
                "cities", "provinces", "banks", "calendar_years", "working_day_exceptions", "state_steps",
            ]
            for table in tables {
                await #expect(throws: (any Error).self, "\(table)") {
                    try await fixture.platform.database.execute("DELETE FROM \(unsafeRaw: table)")
                }
            }
        }
    }
}
