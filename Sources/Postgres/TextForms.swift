import Foundation

/// PostgreSQL's text form of one-dimensional arrays: `{1,2,NULL,"a \"b\""}`.
enum ArrayLiteral {
    /// The literal of the elements; nil is NULL. All others are quoted, which is right for every type.
    static func text(_ elements: [String?]) -> String {
        var text = "{"
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            guard let element else {
                text += "NULL"
                continue
            }
            text += "\""
            for scalar in element.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
        return text + "}"
    }

    /// The elements of a literal, or nil where it is malformed or has more than one dimension.
    static func elements(_ text: String) -> [String?]? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else {
            return nil
        }
        if bytes.count == 2 { return [] }
        var elements: [String?] = []
        var index = 1
        let end = bytes.count - 1
        while true {
            guard let (element, next) = element(in: bytes, from: index, to: end) else { return nil }
            elements.append(element)
            if next == end { return elements }
            guard bytes[next] == UInt8(ascii: ",") else { return nil }
            index = next + 1
        }
    }

    /// Reads one element and says where it ends.
    private static func element(in bytes: [UInt8], from start: Int, to end: Int) -> (String?, Int)? {
        var index = start
        var collected: [UInt8] = []
        guard index < end, bytes[index] == UInt8(ascii: "\"") else {
            while index < end, bytes[index] != UInt8(ascii: ",") {
                if bytes[index] == UInt8(ascii: "{") || bytes[index] == UInt8(ascii: "\"") { return nil }
                collected.append(bytes[index])
                index += 1
            }
            if collected.isEmpty { return nil }
            let word = String(decoding: collected, as: UTF8.self)
            return (word == "NULL" ? nil : word, index)
        }
        index += 1
        while index < end, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") { index += 1 }
            guard index < end else { return nil }
            collected.append(bytes[index])
            index += 1
        }
        guard index < end else { return nil }
        return (String(decoding: collected, as: UTF8.self), index + 1)
    }
}

/// PostgreSQL's text form of `bytea`: `\x` and two hexadecimal digits a byte.
enum ByteaText {
    /// The form of the bytes.
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("\\x".utf8)
        text.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a form, or nil where it is malformed.
    static func bytes(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 2), characters.starts(with: "\\x".utf8) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 2 - 1)
        for index in stride(from: 2, to: characters.count, by: 2) {
            guard let high = digit(characters[index]), let low = digit(characters[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// PostgreSQL's text form of `timestamptz` in a session with `TimeZone UTC` and `DateStyle ISO`: `2026-10-05
/// 12:34:56.123456+00`.
///
/// Written by hand because Foundation's formatters cost several microseconds a value and know no
/// microseconds.
enum TimestampText {
    /// Seconds from 1970 to the reference date of Foundation, 1 January 2001.
    private static let referenceSeconds: Int64 = 978_307_200

    /// The form of a moment, rounded to the microsecond, as PostgreSQL stores it.
    static func text(_ date: Date) -> String {
        let interval = date.timeIntervalSinceReferenceDate
        // 1 January 0001 to 31 December 9999; a moment outside is refused by the server as no timestamp.
        guard interval >= -63_114_076_800, interval < 252_423_993_600 else { return "out of range" }
        let microseconds = Int64((interval * 1_000_000).rounded()) + referenceSeconds * 1_000_000
        let (days, ofDay) = floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = civil(days: days)
        let seconds = ofDay / 1_000_000
        var text: [UInt8] = []
        text.reserveCapacity(32)
        append(year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(day, digits: 2, to: &text)
        text.append(UInt8(ascii: " "))
        append(seconds / 3600, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds / 60 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(seconds % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: "."))
        append(ofDay % 1_000_000, digits: 6, to: &text)
        text.append(contentsOf: "+00".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// The moment of a form, or nil where it is malformed, infinite, before Christ or not in UTC.
    static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 22, bytes.suffix(3).elementsEqual("+00".utf8), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: " "), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19])
        else { return nil }
        var microseconds: Int64 = 0
        let fraction = bytes[19..<(bytes.count - 3)]
        if let point = fraction.first {
            guard point == UInt8(ascii: "."), let value = number(fraction.dropFirst()),
                (2...7).contains(fraction.count)
            else { return nil }
            microseconds = value
            for _ in 0..<(7 - fraction.count) { microseconds *= 10 }
        }
        let days = self.days(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - referenceSeconds
        return Date(timeIntervalSinceReferenceDate: Double(seconds) + Double(microseconds) / 1_000_000)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return digits.isEmpty ? nil : value
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = value % divisor
        return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }

    /// Days from 1 January 1970 to a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms", days_from_civil).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shiftedYear, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The reverse of `days` (the same source, civil_from_days).
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
