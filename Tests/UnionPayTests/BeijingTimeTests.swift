import Foundation
import Testing

@testable import UnionPay

@Suite("Beijing time")
struct BeijingTimeTests {
    @Test(
        "Known moments are written in Beijing's time",
        arguments: [
            (0, "19700101080000"), (-28_801, "19691231235959"), (951_753_599, "20000228235959"),
            (951_753_600, "20000229000000"), (1_662_614_526, "20220908132206"),
            (1_767_196_799, "20251231235959"),
            (1_767_196_800, "20260101000000"), (4_107_513_599, "21000228235959"),
            (4_107_513_600, "21000301000000"),
        ] as [(Int, String)])
    func knownMoments(seconds: Int, digits: String) throws {
        let time = BeijingTime(Date(timeIntervalSince1970: Double(seconds)))
        #expect(time.digits == digits)
        #expect(try #require(BeijingTime(digits: digits)).date.timeIntervalSince1970 == Double(seconds))
    }

    @Test("Every day from 1600 to 2400 agrees with Foundation's calendar and comes back")
    func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 8 * 3600))
        // Every 97th day, at a time that moves through the day.
        for day in stride(from: -135_140, to: 157_054, by: 97) {
            let seconds = Double(day) * 86_400 + Double((day &* 7919) % 86_400)
            let date = Date(timeIntervalSince1970: seconds)
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            let expected = [
                (parts.year ?? 0, 4), (parts.month ?? 0, 2), (parts.day ?? 0, 2), (parts.hour ?? 0, 2),
                (parts.minute ?? 0, 2), (parts.second ?? 0, 2),
            ].map { ASCII.padded(Int64($0.0), to: $0.1) }.joined()
            let time = BeijingTime(date)
            #expect(time.digits == expected)
            #expect(BeijingTime(digits: expected)?.date == date)
        }
    }

    @Test("Fractions of a second are cut off, also before 1970")
    func fractions() {
        #expect(BeijingTime(Date(timeIntervalSince1970: 0.999)).digits == "19700101080000")
        #expect(BeijingTime(Date(timeIntervalSince1970: -0.001)).digits == "19700101075959")
    }

    @Test("Moments that cannot be written become the first or last that can")
    func bounds() {
        #expect(BeijingTime(.distantFuture).digits.utf8.count == 14)
        #expect(BeijingTime(Date(timeIntervalSince1970: 1e18)).digits == "99991231235959")
        #expect(BeijingTime(Date(timeIntervalSince1970: -1e18)).digits == "00010101000000")
    }

    @Test(
        "Text that is not a moment is refused",
        arguments: [
            "", "2026112210030", "202611221003040", "20261122 10304", "20261322100304", "20260022100304",
            "20261100100304", "20260229100304", "21000229000000", "20260431000000", "20261122240000",
            "20261122106000", "20261122100360", "00000101000000", "２0261122100304",
        ])
    func refused(text: String) {
        #expect(BeijingTime(digits: text) == nil)
    }

    @Test("Earlier is smaller")
    func order() {
        #expect(BeijingTime(now) < BeijingTime(now.addingTimeInterval(1)))
    }
}
