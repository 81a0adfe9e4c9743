import Foundation
import Postgres

/// The days between which a withdrawal should arrive, as promised at one moment: shown before the confirmation, kept with the
/// order, and the same whatever changes later.
public struct ArrivalPromise: Sendable, Equatable {
    /// The first day.
    public let from: LocalDate
    /// The last day.
    public let until: LocalDate
    /// Whether the calendar of the whole span was known; without it the range is wider.
    public let isCalendarKnown: Bool
    /// The working day from which the days are counted; nil for a promise made before there was a cut-off.
    public let countedFrom: LocalDate?
    /// Why they are not counted from the day of the promise itself, if so.
    public let postponement: Postponement?
    /// The cut-off that applied.
    public let cutOff: CutOff?

    /// Why the days are counted from a later day.
    public enum Postponement: String, Sendable, CaseIterable, PostgresCodable {
        /// It was too late on that day.
        case cutOff
        /// Banks do not work on that day.
        case restDay
    }

    /// How many working days a payout takes.
    static let workingDays = 1...3

    /// Puts together what was promised.
    init(
        from: LocalDate, until: LocalDate, isCalendarKnown: Bool, countedFrom: LocalDate? = nil,
        postponement: Postponement? = nil, cutOff: CutOff? = nil
    ) {
        self.from = from
        self.until = until
        self.isCalendarKnown = isCalendarKnown
        self.countedFrom = countedFrom
        self.postponement = postponement
        self.cutOff = cutOff
    }

    /// The promise for what is submitted at `moment`. Before the cut-off of a working day the days count from that day, else
    /// from the next working day.
    init(at moment: Date, cutOff: CutOff?, calendar: WorkingDayCalendar) {
        let day = LocalDate(moment)
        let isInTime = cutOff?.isAfter(moment) ?? true
        let isWorkingDay = calendar.isWorkingDay(day)
        // A day whose calendar is missing may be either, so that the range begins with the one and ends with the other.
        let isFirstToday = isInTime && (isWorkingDay ?? (day.weekday <= 5))
        let isLastToday = isInTime && (isWorkingDay ?? false)
        let first = calendar.adding(
            workingDays: Self.workingDays.lowerBound + (isFirstToday ? 0 : 1), to: day)
        let last = calendar.adding(workingDays: Self.workingDays.upperBound + (isLastToday ? 0 : 1), to: day)
        from = first.earliest
        until = last.latest
        isCalendarKnown = isWorkingDay != nil && first.isExact && last.isExact
        countedFrom = isFirstToday ? day : calendar.adding(workingDays: 1, to: day).earliest
        postponement = isFirstToday ? nil : (isWorkingDay ?? (day.weekday <= 5)) ? .cutOff : .restDay
        self.cutOff = cutOff
    }
}
