/// The banks' working days, for the years whose notice has been loaded.
///
/// A day without an exception is a working day from Monday to Friday. That holds only in a loaded year: the
/// notice of a year comes late in the year before, and guessing from weekends alone would promise people a
/// wrong day.
public struct WorkingDayCalendar: Sendable {
    /// What an exception makes of a day.
    public enum Exception: String, Sendable, CaseIterable {
        /// A rest day, weekends inside a block of holidays included.
        case holiday
        /// A Saturday or Sunday that is worked.
        case makeupWorkday = "makeup_workday"
    }

    /// The days that are not what their weekday says.
    public let exceptions: [LocalDate: Exception]
    /// The years whose exceptions are known.
    public let loadedYears: Set<Int>

    /// A calendar of known exceptions.
    public init(exceptions: [LocalDate: Exception], loadedYears: Set<Int>) {
        self.exceptions = exceptions
        self.loadedYears = loadedYears
    }

    /// Whether banks work on `day`; nil when its year has not been loaded.
    public func isWorkingDay(_ day: LocalDate) -> Bool? {
        guard loadedYears.contains(day.year) else { return nil }
        switch exceptions[day] {
        case .holiday: return false
        case .makeupWorkday: return true
        case nil: return day.weekday <= 5
        }
    }

    /// The longest block of rest days that the notices of the loaded years show (Spring Festival 2026: nine
    /// days).
    private static let longestBlockDays = 9

    /// When the `workingDays`-th working day after `day` is. 0 means `day` itself or the first working day
    /// after it.
    public func adding(workingDays: Int, to day: LocalDate) -> WorkingDayEstimate {
        var missingYears: Set<Int> = []
        var current = day
        var remaining = workingDays
        if workingDays == 0 {
            remaining = 1
            current = day.adding(days: -1)
        }
        while remaining > 0 {
            current = current.adding(days: 1)
            let isWorked: Bool
            if let known = isWorkingDay(current) {
                isWorked = known
            } else {
                missingYears.insert(current.year)
                isWorked = current.weekday <= 5
            }
            if isWorked { remaining -= 1 }
        }
        guard !missingYears.isEmpty else { return WorkingDayEstimate(earliest: current, latest: current) }
        // In a year that is not loaded a whole block of holidays may lie in between, and the day after it
        // may be a weekend.
        var latest = current.adding(days: Self.longestBlockDays)
        while latest.weekday > 5 { latest = latest.adding(days: 1) }
        return WorkingDayEstimate(earliest: current, latest: latest, missingYears: missingYears.sorted())
    }
}

/// A day counted in working days: one day, or a range where the calendar of a year is missing.
public struct WorkingDayEstimate: Hashable, Sendable {
    /// The earliest day it can be.
    public let earliest: LocalDate
    /// The latest day it should be.
    public let latest: LocalDate
    /// The years whose calendar was needed and is not loaded; people are to be told.
    public let missingYears: [Int]

    /// Whether the day is certain.
    public var isExact: Bool { missingYears.isEmpty }

    init(earliest: LocalDate, latest: LocalDate, missingYears: [Int] = []) {
        self.earliest = earliest
        self.latest = latest
        self.missingYears = missingYears
    }
}
