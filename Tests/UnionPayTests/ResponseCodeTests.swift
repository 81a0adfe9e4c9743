import Foundation
import Testing

@testable import UnionPay

@Suite("Response codes")
struct ResponseCodeTests {
    /// Code, text, meaning of each line of the list, which quotes only where a field has commas.
    static func list() throws -> [(code: String, text: String, meaning: String)] {
        let lines = String(decoding: try fixture("response-codes.csv"), as: UTF8.self).split(separator: "\n")
        return lines.dropFirst().map { line in
            var fields = [""]
            var isQuoted = false
            for character in line {
                switch character {
                case "\"": isQuoted.toggle()
                case "," where !isQuoted: fields.append("")
                default: fields[fields.count - 1].append(character)
                }
            }
            return (fields[0], fields[1], fields[2])
        }
    }

    @Test("The table has exactly the 63 codes of the list, with their texts and meanings")
    func complete() throws {
        let list = try Self.list()
        #expect(list.count == 63)
        #expect(ResponseCodeTable.entries.count == 63)
        for row in list {
            let entry = try #require(ResponseCodeTable.byCode[row.code])
            #expect(entry.text == row.text)
            #expect(entry.meaning == row.meaning)
            #expect(try ResponseCode(row.code).text == row.text)
        }
    }

    private func codes(_ context: ResponseContext, _ treatment: Treatment) -> Set<String> {
        Set(ResponseCodeTable.entries.filter { $0.treatment(in: context) == treatment }.map(\.code))
    }

    @Test("Only 00 and A6 are success, and 00 of a payout's immediate answer is acceptance only")
    func success() {
        #expect(codes(.paymentResult, .success) == ["00", "A6"])
        #expect(codes(.payoutResult, .success) == ["00", "A6"])
        #expect(codes(.queryAnswer, .success) == ["00"])
        #expect(codes(.payoutAnswer, .success).isEmpty)
        #expect(codes(.payoutAnswer, .accepted) == ["00", "A6"])
        #expect(codes(.payoutResult, .accepted) == ["05"])
        #expect(codes(.paymentResult, .accepted).isEmpty)
    }

    @Test("Codes that leave the result open are never refusals")
    func openCodes() {
        let open: Set<String> = ["03", "04", "05", "12", "34", "37", "70", "74", "75", "82", "83"]
        for context in [ResponseContext.paymentResult, .payoutAnswer, .payoutResult] {
            #expect(codes(context, .refused).isDisjoint(with: open))
        }
        for context in [ResponseContext.payoutAnswer, .payoutResult] {
            #expect(codes(context, .refused).isDisjoint(with: ["01", "60", "99"]))
        }
        #expect(codes(.paymentResult, .refused).isSuperset(of: ["01", "33", "60", "64"]))
        #expect(codes(.payoutResult, .refused).isSuperset(of: ["33", "61", "64", "90"]))
    }

    @Test("In a query's answer nothing refuses the order, and 34 is no refusal anywhere")
    func queries() {
        #expect(codes(.queryAnswer, .refused).isEmpty)
        for context in ResponseContext.allCases { #expect(codes(context, .notKnown) == ["34"]) }
    }

    @Test("42 is a payment debited too late, and not a payment")
    func debitedLate() {
        #expect(codes(.paymentResult, .debitedLate) == ["42"])
        #expect(codes(.payoutResult, .debitedLate).isEmpty)
    }

    @Test("A code that nobody has listed decides nothing, and text that is no code is refused")
    func unlisted() throws {
        let code = try ResponseCode("Z9")
        #expect(code.entry == nil)
        #expect(code.text == "Z9")
        for context in ResponseContext.allCases { #expect(code.treatment(of: context) == .unclear) }
        for text in ["", "0", "000", "0 ", "零零"] {
            #expect(throws: MessageError.self) { try ResponseCode(text) }
        }
    }
}
