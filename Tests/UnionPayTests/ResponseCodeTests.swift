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

    @Test("There is one row for each of the 63 codes in each call")
    func rows() throws {
        let rows = ResponseCodeTable.rows
        for line in try Self.list() {
            for context in ResponseContext.allCases {
                let row = try #require(rows.filter { $0.code == line.code && $0.context == context }.first)
                #expect(try row.treatment == ResponseCode(line.code).treatment(of: context))
            }
        }
        #expect(rows.count == 63 * 7)
        #expect(Set(rows.map { "\($0.code) \($0.context)" }).count == rows.count)
    }

    @Test("Each row says what is known before and after, whether money moved, and what is asked next")
    func consequences() throws {
        let row = { (code: String, context: ResponseContext) in
            try #require(ResponseCodeTable.byCode[code]?.row(in: context))
        }
        let expected:
            [(String, ResponseContext, TransactionState, TransactionState, MoneyMovement, NextQuestion)] = [
                ("00", .paymentResult, .sent, .succeeded, .moved, .none),
                ("A6", .paymentResult, .sent, .succeeded, .moved, .none),
                ("42", .paymentResult, .sent, .debitedLate, .comingBack, .reconciliationFile),
                ("64", .paymentResult, .sent, .refused, .notMoved, .afterPayTimeout),
                ("05", .paymentResult, .sent, .unknown, .unknown, .seconds(1)),
                ("34", .paymentResult, .sent, .unknown, .unknown, .seconds(1)),
                ("37", .paymentResult, .sent, .unknown, .unknown, .seconds(180)),
                ("98", .paymentResult, .sent, .unknown, .unknown, .reconciliationFile),
                ("00", .queryAnswer, .unknown, .unknown, .unknown, .originalCode),
                ("34", .queryAnswer, .unknown, .unknown, .unknown, .seconds(1)),
                ("37", .queryAnswer, .unknown, .unknown, .unknown, .seconds(180)),
                ("10", .queryAnswer, .unknown, .unknown, .unknown, .reconciliationFile),
                ("00", .payoutAnswer, .sent, .accepted, .unknown, .seconds(180)),
                ("06", .payoutAnswer, .sent, .unknown, .unknown, .seconds(180)),
                ("33", .payoutAnswer, .sent, .refused, .notMoved, .none),
                ("00", .payoutResult, .accepted, .succeeded, .moved, .none),
                ("60", .payoutResult, .accepted, .accepted, .unknown, .seconds(180)),
                ("63", .payoutResult, .accepted, .refused, .notMoved, .none),
                ("00", .refundAnswer, .sent, .accepted, .unknown, .seconds(180)),
                ("36", .refundAnswer, .sent, .refused, .notMoved, .none),
                ("00", .refundResult, .accepted, .succeeded, .moved, .none),
                ("98", .fileAnswer, .unknown, .unknown, .unknown, .seconds(1800)),
                ("30", .fileAnswer, .unknown, .unknown, .unknown, .seconds(1800)),
                ("14", .payoutAnswer, .sent, .unknown, .unknown, .seconds(180)),
                ("14", .payoutResult, .accepted, .accepted, .unknown, .reconciliationFile),
            ]
        for (code, context, before, after, money, next) in expected {
            let found = try row(code, context)
            #expect(found.before == before && found.after == after, "\(code) \(context)")
            #expect(found.money == money && found.next == next, "\(code) \(context)")
        }
        for row in ResponseCodeTable.rows {
            // Money is released only where it surely did not move, and then nothing is left to ask but the payer's second try.
            #expect((row.money == .notMoved) == (row.after == .refused))
            #expect((row.money == .moved) == (row.after == .succeeded))
            if row.money == .unknown, row.context != .fileAnswer { #expect(row.next != .none) }
        }
    }

    private func codes(_ context: ResponseContext, _ treatment: Treatment) -> Set<String> {
        Set(ResponseCodeTable.entries.filter { $0.treatment(in: context) == treatment }.map(\.code))
    }

    /// The calls about money that goes out.
    private static let outgoing: [ResponseContext] = [
        .payoutAnswer, .payoutResult, .refundAnswer, .refundResult,
    ]

    @Test("Only 00 and A6 are success, and 00 of an immediate answer is acceptance only")
    func success() {
        for context in [ResponseContext.paymentResult, .payoutResult, .refundResult] {
            #expect(codes(context, .success) == ["00", "A6"])
        }
        for context in [ResponseContext.payoutAnswer, .refundAnswer] {
            #expect(codes(context, .success).isEmpty)
            #expect(codes(context, .accepted) == ["00", "A6"])
        }
        #expect(codes(.queryAnswer, .success) == ["00"])
        #expect(codes(.payoutResult, .accepted) == ["05"])
        #expect(codes(.refundResult, .accepted) == ["05"])
        #expect(codes(.paymentResult, .accepted).isEmpty)
        #expect(codes(.fileAnswer, .success) == ["00"])
    }

    @Test("Codes that leave the result open are never refusals")
    func openCodes() {
        let open: Set<String> = ["03", "04", "05", "12", "34", "37", "70", "74", "75", "82", "83"]
        for context in [.paymentResult] + Self.outgoing {
            #expect(codes(context, .refused).isDisjoint(with: open))
        }
        #expect(codes(.paymentResult, .refused).isSuperset(of: ["01", "33", "60", "64"]))
        #expect(codes(.payoutResult, .refused).isSuperset(of: ["33", "61", "64", "90"]))
    }

    @Test("A payout or refund is refused by no system code, and by none of another product")
    func neverEntered() {
        let system = Set(ResponseCodeTable.entries.map(\.code).filter { "01"..."09" ~= $0 })
        #expect(system == ["01", "02", "03", "04", "05", "06"])
        for context in Self.outgoing {
            let refused = codes(context, .refused)
            #expect(refused.isDisjoint(with: system))
            #expect(refused.isDisjoint(with: ["60", "99", "14", "41", "42", "65", "71", "80", "86", "98"]))
        }
        for context in [ResponseContext.payoutAnswer, .payoutResult] {
            #expect(codes(context, .refused).isDisjoint(with: ["35", "36", "45", "46"]))
        }
        // A refund that was done already is asked about, not sent anew.
        #expect(codes(.refundAnswer, .askAgain).isSuperset(of: ["45", "46"]))
        #expect(codes(.refundAnswer, .refused).isSuperset(of: ["33", "35", "36"]))
    }

    @Test("The codes by which a payout or refund is refused are exactly these")
    func refusedExactly() {
        let always: Set<String> = [
            "10", "11", "13", "30", "31", "32", "33", "38", "39", "43", "44", "61", "62", "63", "64", "68",
            "73", "78", "81", "90", "91",
        ]
        #expect(codes(.payoutAnswer, .refused) == always.union(["66", "72"]))
        #expect(codes(.payoutResult, .refused) == always.union(["66", "72"]))
        #expect(codes(.refundAnswer, .refused) == always.union(["35", "36"]))
        #expect(codes(.refundResult, .refused) == always.union(["35", "36", "45", "46"]))
    }

    @Test("In a query's answer nothing refuses the order, and 34 is no refusal anywhere")
    func queries() {
        #expect(codes(.queryAnswer, .refused).isEmpty)
        for context in ResponseContext.allCases where context != .fileAnswer {
            #expect(codes(context, .notKnown) == ["34"])
        }
        #expect(codes(.fileAnswer, .notKnown) == ["98"])
    }

    @Test("42 is a payment debited too late, and not a payment")
    func debitedLate() {
        #expect(codes(.paymentResult, .debitedLate) == ["42"])
        for context in Self.outgoing { #expect(codes(context, .debitedLate).isEmpty) }
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
