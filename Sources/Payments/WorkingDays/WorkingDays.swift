import Postgres

/// The stored calendar of working days.
public struct WorkingDays: Sendable {
    let platform: Platform

    /// The calendar as far as it is loaded. One query; a calendar year has about forty exceptions.
    public func calendar() async throws -> WorkingDayCalendar {
        let rows = try await platform.database.query(
            """
            SELECT calendar_years.year, exceptions.day, exceptions.kind
            FROM calendar_years
            LEFT JOIN working_day_exceptions AS exceptions
                ON exceptions.day >= make_date(calendar_years.year, 1, 1)
                AND exceptions.day < make_date(calendar_years.year + 1, 1, 1)
            ORDER BY calendar_years.year, exceptions.day
            """)
        var exceptions: [LocalDate: WorkingDayCalendar.Exception] = [:]
        var years: Set<Int> = []
        for row in rows {
            years.insert(try row["year"])
            if let day = try row["day"] as LocalDate? {
                exceptions[day] = try row["kind"]
            }
        }
        return WorkingDayCalendar(exceptions: exceptions, loadedYears: years)
    }
}

extension WorkingDayCalendar.Exception: PostgresCodable {}

extension Platform {
    /// The stored calendar of working days.
    public var workingDays: WorkingDays { WorkingDays(platform: self) }
}
