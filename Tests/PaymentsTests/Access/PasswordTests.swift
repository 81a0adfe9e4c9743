import Foundation
import Testing

@testable import Payments

@Suite("Passwords")
struct PasswordTests {
    private let rules = PasswordRules(ownData: [
        "长沙示例实业有限公司", "changsha01", "M43010000100001", "43010000100001", "13800138000",
    ])

    @Test(
        "The list of common passwords has thousands of entries that meet the length rule, and refuses each of them"
    )
    func everyEntry() {
        #expect(CommonPasswords.entries.count >= 3000)
        for entry in CommonPasswords.entries {
            #expect(entry.unicodeScalars.count >= 8)
            #expect(PasswordRules(ownData: []).fault(of: entry) == .common, "\(entry)")
        }
    }

    @Test(
        "Patterns that lists consist of are refused in any case",
        arguments: [
            "Password1234", "QWERTYUIOP", "asdfghjkl", "lkjhgfdsa", "12345678", "87654321", "11111111",
            "abababab",
            "abc1abc1abc1", "19880808", "08081988", "12311999", "li19880808", "Woaini1314", "1qaz2wsx",
            "ZhangWei123",
            "5201314woaini", "admin@2026", "yidong10086",
        ])
    func patterns(password: String) {
        #expect([.common, .containsOwnData].contains(rules.fault(of: password)))
    }

    @Test(
        "Length is counted in characters, with its bounds",
        arguments: [
            ("", PasswordFault.empty), ("quartz7", .tooShort(8)),
            (String(repeating: "长", count: 7), .tooShort(8)),
            (String(repeating: "ab3x", count: 33), .tooLong(128)), ("with\u{7}bell", .unprintable),
            ("with\nline end", .unprintable),
        ] as [(String, PasswordFault)])
    func length(password: String, fault: PasswordFault) {
        #expect(rules.fault(of: password) == fault)
    }

    @Test(
        "Good passwords of every kind are taken",
        arguments: [
            "quiet-lantern-88x", "八个汉字也是密码", "eight ch", "  spaces  count ", "🐟🐠🐡🦈🐳🐬🦭🦐",
            "a sentence that is rather long but still easy to keep in mind, and has more than sixty-four characters",
        ])
    func good(password: String) {
        #expect(rules.fault(of: password) == nil)
    }

    @Test(
        "The person's own data may not be inside, in any case",
        arguments: [
            "x-Changsha01-x", "M43010000100001!", "my13800138000", "我的长沙示例实业有限公司", "ok-43010000100001",
            "chinamobile-9x7",
            "中国移动好好好好好",
        ])
    func ownData(password: String) {
        #expect(rules.fault(of: password) == .containsOwnData)
    }

    @Test("Two ways of writing the same letter are one password; nothing else is folded")
    func normalization() {
        #expect(PasswordRules.normalized("cafe\u{301} 12345") == PasswordRules.normalized("caf\u{e9} 12345"))
        #expect(Array(PasswordRules.normalized("cafe\u{301}").utf8) == Array("caf\u{e9}".utf8))
        #expect(PasswordRules.normalized(" Ａ ") == " Ａ ")
    }

    @Test("Any password of 8 to 64 characters can be set and signs in as it was typed")
    func property() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            var generator = SystemRandomNumberGenerator()
            let pools: [ClosedRange<UInt32>] = [
                0x20...0x7E, 0x4E00...0x9FA5, 0x1F300...0x1F5FF, 0xC0...0x17F, 0x300...0x30F,
            ]
            for _ in 0..<60 {
                var text = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 8...64, using: &generator) {
                    let pool = pools.randomElement(using: &generator) ?? 0x20...0x7E
                    if let scalar = Unicode.Scalar(UInt32.random(in: pool, using: &generator)) {
                        text.append(scalar)
                    }
                }
                let password = PasswordRules.normalized(String(text))
                guard PasswordRules(ownData: []).fault(of: password) == nil else { continue }
                let hash = try await fixture.platform.passwords.hash(password)
                try await fixture.owner.execute("UPDATE operators SET login_password = \(hash)")
                _ = try await fixture.platform.access.signInClerk(
                    loginID: "changsha01", password: String(text), from: fixture.origin, at: fixture.now)
                await #expect(throws: SignInError.refused) {
                    try await fixture.platform.access.signInClerk(
                        loginID: "changsha01", password: String(text) + "x", from: fixture.origin,
                        at: fixture.now)
                }
            }
        }
    }

    @Test("First passwords are random and pass the rules themselves")
    func random() async throws {
        try await PeopleFixture.with { fixture in
            let made = (0..<200).map { _ in RandomPassword.make(effects: fixture.platform.effects) }
            #expect(Set(made).count == 200)
            #expect(made.allSatisfy { $0.count == 19 && PasswordRules(ownData: []).fault(of: $0) == nil })
        }
    }
}
