import Testing

@testable import Payments

@Suite("Money")
struct MoneyTests {
    @Test(
        "An amount is shown with two decimals and separators",
        arguments: [
            (0, "0.00"), (1, "0.01"), (10, "0.10"), (99, "0.99"), (100, "1.00"), (99_999, "999.99"),
            (100_000, "1,000.00"), (123_456_789, "1,234,567.89"), (-5, "-0.05"), (-123_456, "-1,234.56"),
            (Int64.max, "92,233,720,368,547,758.07"), (Int64.min, "-92,233,720,368,547,758.08"),
        ] as [(Int64, String)])
    func formatted(fen: Int64, text: String) {
        #expect(Money(fen: fen).formatted == text)
    }

    /// The first six are the examples of the rule itself (支付结算办法, annex), with the spelling chosen here.
    @Test(
        "An amount in capitals follows the rule for vouchers",
        arguments: [
            (140_950, "人民币壹仟肆佰零玖元伍角"), (600_714, "人民币陆仟零柒元壹角肆分"),
            (168_032, "人民币壹仟陆佰捌拾元零叁角贰分"), (10_700_053, "人民币壹拾万柒仟元零伍角叁分"),
            (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"), (32_504, "人民币叁佰贰拾伍元零肆分"),
            (0, "人民币零元整"), (5, "人民币伍分"), (50, "人民币伍角"), (55, "人民币伍角伍分"), (100, "人民币壹元整"),
            (1_000, "人民币壹拾元整"), (1_005, "人民币壹拾元零伍分"), (100_000, "人民币壹仟元整"),
            (10_000_100, "人民币壹拾万零壹元整"), (1_050_000_000, "人民币壹仟零伍拾万元整"),
            (10_000_000_000, "人民币壹亿元整"), (10_500_000_000, "人民币壹亿零伍佰万元整"),
            (10_000_000_100, "人民币壹亿零壹元整"), (100_010_000, "人民币壹佰万零壹佰元整"),
            (Int64.max, "人民币玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"),
            (-140_950, "人民币负壹仟肆佰零玖元伍角"),
        ] as [(Int64, String)])
    func capital(fen: Int64, text: String) {
        #expect(Money(fen: fen).chineseCapital == text)
    }

    @Test(
        "Typed amounts are taken as people write them",
        arguments: [
            ("1234567.8", 123_456_780), ("1,234,567.80", 123_456_780), ("１２３４．５", 123_450), ("¥100", 10_000),
            ("￥ 1,000", 100_000), (" 0.01 ", 1), ("007", 700), ("0", 0), ("1，234", 123_400),
            ("\u{3000}5\u{3000}", 500),
            ("9999999999.99", 999_999_999_999), ("000009999999999.99", 999_999_999_999),
        ] as [(String, Int64)])
    func entered(text: String, fen: Int64) throws {
        #expect(try Money(entered: text) == Money(fen: fen))
    }

    @Test(
        "Typed amounts that could be meant otherwise are refused",
        arguments: [
            ("", MoneyEntryError.empty), ("   ", .empty), ("¥", .empty), ("abc", .notAnAmount),
            ("-5", .notAnAmount),
            ("+5", .notAnAmount), ("1e3", .notAnAmount), ("0x10", .notAnAmount), ("5.", .notAnAmount),
            (".5", .notAnAmount), ("1.2.3", .notAnAmount), ("١٢", .notAnAmount), ("1 000", .notAnAmount),
            ("1.234", .tooManyDecimals), ("12,34", .misplacedSeparator), ("1,50", .misplacedSeparator),
            (",100", .misplacedSeparator), ("1,2345", .misplacedSeparator), ("10000000000", .tooLarge),
            ("99999999999999999999999", .tooLarge), ("1,a23", .notAnAmount),
        ] as [(String, MoneyEntryError)])
    func refused(text: String, error: MoneyEntryError) {
        #expect(throws: error) { try Money(entered: text) }
    }

    @Test("What is shown can be typed again")
    func roundTrip() throws {
        for _ in 0..<2_000 {
            let amount = Money(fen: .random(in: 0...Money.largestEntry.fen))
            #expect(try Money(entered: amount.formatted) == amount)
            #expect(try Money(entered: amount.plain) == amount)
        }
    }

    @Test("Arithmetic that leaves the range throws and does not trap")
    func overflow() throws {
        #expect(throws: MoneyOverflow.self) { try Money(fen: .max) + Money(fen: 1) }
        #expect(throws: MoneyOverflow.self) { try Money(fen: .min) - Money(fen: 1) }
        #expect(throws: MoneyOverflow.self) { try Money.sum([Money(fen: .max), Money(fen: 1)]) }
        #expect(try Money(fen: 5) - Money(fen: 7) == Money(fen: -2))
        #expect(try Money.sum([Money(fen: 5), Money(fen: 7)]) == Money(fen: 12))
    }
}
