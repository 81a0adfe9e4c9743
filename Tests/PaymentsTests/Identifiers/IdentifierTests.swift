import Testing

@testable import Payments

/// The examples come from the collection of Chinese identifiers that the reference data was checked with:
/// synthetic values, three values of python-stdnum's doctests, and published line numbers.
@Suite("Identifiers")
struct IdentifierTests {
    @Test(
        "Right credit codes are taken",
        arguments: [
            "91110000600037341L", "91310000MA1FL0007C", "91440300MA5DA0010G", "91430100MA4L0002XB",
            "91350200MA31X0038B", "121000004000000427", "52440000500000058N", "92330106MA2AX0069Q",
            "91310000MA1FL0008F",
        ])
    func creditCode(text: String) throws {
        #expect(try CreditCode(entered: text).text == text)
        #expect(try CreditCode(entered: " " + text.lowercased()).text == text)
    }

    @Test(
        "Wrong credit codes are refused with the reason",
        arguments: [
            ("", CreditCode.Fault.empty), ("91310000MA1FL00070", .wrongCheckCharacter),
            ("91110000I00037341L", .wrongCharacter), ("91310000MA1FL0007", .wrongLength),
            ("91310000M1AFL0007C", .wrongCheckCharacter), ("91310000MA1FL0007CC", .wrongLength),
        ] as [(String, CreditCode.Fault)])
    func wrongCreditCode(text: String, fault: CreditCode.Fault) {
        #expect(throws: fault) { try CreditCode(entered: text) }
    }

    @Test("Every slip of one character in a credit code is found")
    func slips() throws {
        let code = Array("91430100MA4L0002XB")
        for place in code.indices {
            for other in "0123456789ABCDEFGHJKLMNPQRTUWXY" where other != code[place] {
                var changed = code
                changed[place] = other
                #expect(throws: CreditCode.Fault.wrongCheckCharacter) {
                    try CreditCode(entered: String(changed))
                }
            }
        }
    }

    @Test("The organisation code inside is only looked at for a warning")
    func organizationCode() throws {
        #expect(try CreditCode(entered: "91310000MA1FL0007C").hasConsistentOrganizationCode)
        #expect(try !CreditCode(entered: "91310000MA1FL0008F").hasConsistentOrganizationCode)
    }

    @Test(
        "A line number has twelve digits; a wrong check digit is only marked",
        arguments: [
            ("102100099996", true), ("103100000026", true), ("104100000004", true), ("105100000017", true),
            ("301290000007", true), ("308584000013", true), ("403100000004", true), ("102100099997", false),
            ("103100000062", false),
        ])
    func lineNumber(text: String, isExpected: Bool) throws {
        #expect(try BankLineNumber(entered: text).hasExpectedCheckDigit == isExpected)
        #expect(throws: BankLineNumber.Fault.notTwelveDigits) { try BankLineNumber(entered: "10210009999") }
        #expect(throws: BankLineNumber.Fault.notTwelveDigits) { try BankLineNumber(entered: "10210009999A") }
        #expect(throws: BankLineNumber.Fault.empty) { try BankLineNumber(entered: " ") }
    }

    @Test(
        "Mobile numbers are taken loosely and masked",
        arguments: [
            "13800138000", "+86 138-0013-8000", "１３８００１３８０００", "0086 13800138000",
        ])
    func mobile(text: String) throws {
        let number = try MobileNumber(entered: text)
        #expect(number.text == "13800138000")
        #expect(number.masked == "138****8000")
        #expect("\(number)" == "138****8000")
    }

    @Test(
        "Numbers of every operator are taken",
        arguments: ["19212345678", "13012345678", "18912345678", "17212345678"])
    func anyOperator(text: String) throws {
        #expect(try MobileNumber(entered: text).text == text)
    }

    @Test(
        "What is no mobile number is refused",
        arguments: ["1380013800", "12345678901", "138001380001", "1380013800a"])
    func noMobile(text: String) {
        #expect(throws: MobileNumber.Fault.notAMobileNumber) { try MobileNumber(entered: text) }
    }

    @Test("Account numbers of companies are checked by their shape only")
    func accountNumber() throws {
        // A card number that fails Luhn, and one with the letters some banks use.
        #expect(try BankAccountNumber(entered: "6221 5588 1234 0000").tail == "0000")
        #expect(try BankAccountNumber(entered: "nra43001234567").text == "NRA43001234567")
        #expect(try BankAccountNumber(entered: "43001234567890").description == "****7890")
        for wrong in ["1234567", "ABCDEFGH", "4300中1234567", String(repeating: "1", count: 33)] {
            #expect(throws: BankAccountNumber.Fault.wrongForm) { try BankAccountNumber(entered: wrong) }
        }
    }

    @Test("A login ID is kept in lower case and cannot look like a merchant number")
    func loginID() throws {
        #expect(try LoginID(entered: " Changsha.01 ").text == "changsha.01")
        #expect(throws: LoginID.Fault.looksLikeMerchantNumber) { try LoginID(entered: "M43010000100001") }
        #expect(throws: LoginID.Fault.wrongLength) { try LoginID(entered: "abc") }
        #expect(throws: LoginID.Fault.wrongLength) { try LoginID(entered: String(repeating: "a", count: 33)) }
        for wrong in ["1abc", "长沙示例", "ab c中", "abcd!", ".abcd"] {
            #expect(throws: LoginID.Fault.wrongCharacter) { try LoginID(entered: wrong) }
        }
        #expect(throws: LoginID.Fault.empty) { try LoginID(entered: "") }
    }

    @Test("A merchant number has fifteen characters and ends with a check digit")
    func merchantNumber() {
        let number = MerchantNumber(cityCode: "430100", serial: 100_001).text
        #expect(number.count == 15 && number.hasPrefix("M4301000100001"))
        let digits = number.dropFirst().utf8.map { Int($0) - 48 }
        #expect(CheckDigit.mod11And10(digits.dropLast()) == digits.last)
    }
}
