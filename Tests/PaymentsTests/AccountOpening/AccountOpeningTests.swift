import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Opening an account")
struct AccountOpeningTests {
    @Test(
        "One submits, another approves: enterprise, accounts, registered account, operator and message are there at once"
    )
    func circle() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: fixture.origin,
                at: fixture.now)
            #expect(number.hasPrefix("AO"))
            let waiting = try await openings.waiting(for: supervisor)
            #expect(
                waiting.rows.map(\.number) == [number] && waiting.next == nil && waiting.rows[0].canDecide)
            let page = try #require(try await openings.find(number, for: supervisor))
            #expect(page.accountNumberTail == "3456" && page.operatorMobileMasked == "138****8000")
            #expect(
                page.state == .submitted && page.version == 1 && page.canDecide && !page.isOwn
                    && !page.canEdit)
            #expect(page.events.map(\.event) == ["started", "submitted"])
            let outcome = try await openings.approve(
                number, version: 1, command: fixture.command(), by: supervisor, from: fixture.origin,
                at: fixture.now)
            guard case .approved(let merchantNumber) = outcome else {
                Issue.record("not approved: \(outcome)")
                return
            }
            let details = try #require(
                try await fixture.platform.enterprises.details(
                    merchantNumber: merchantNumber, within: manager.region))
            #expect(details.enterprise.state == .pendingActivation && details.enterprise.cityName == "长沙市")
            #expect(details.enterprise.internetBankingBankName == "中国工商银行")
            #expect(details.registeredAccount?.state == .unverified)
            #expect(details.registeredAccount?.bankName == "中国建设银行")
            #expect(
                try details.registeredAccount?.accountNumber(fixture.platform.keys) == "43001234567890123456")
            #expect(details.operators.map(\.loginID) == ["changsha01"])
            #expect(details.operators[0].state == .pendingActivation)
            #expect(try await fixture.count("enterprise_accounts") == 2)
            #expect(try await fixture.count("messages", where: "state = 'queued'") == 1)
            #expect(try await fixture.count("jobs", where: "kind = 'message'") == 1)
            #expect(try await fixture.count("approvals", where: "decision = 'granted'") == 1)
            #expect(try await fixture.count("audit_events", where: "action = 'openingApproved'") == 1)
            #expect(try await openings.find(number, for: manager)?.merchantNumber == merchantNumber)
            #expect(try await openings.waiting(for: supervisor).rows.isEmpty)
        }
    }

    @Test("Full numbers stand in no table, and a sealed number moved to another row does not open")
    func sealed() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            try await fixture.open(PeopleFixture.form(creditCode: "91310000MA1FL0007C", loginID: "shanghai1"))
            let dump = try await Dump.ofAllTables(fixture.owner)
            #expect(!dump.contains("43001234567890123456") && !dump.contains("13800138000"))
            #expect(!dump.contains("13900000001"))
            try await fixture.owner.execute(
                """
                UPDATE registered_accounts AS a SET account_number_sealed = b.account_number_sealed
                FROM registered_accounts AS b WHERE a.id <> b.id
                """)
            let enterprise: Enterprise.ID = try await fixture.owner.query(
                "SELECT min(id) AS id FROM enterprises"
            )
            .only()["id"]
            let account = try #require(try await fixture.platform.registeredAccounts.current(of: enterprise))
            #expect(throws: (any Error).self) { try account.accountNumber(fixture.platform.keys) }
        }
    }

    @Test("All faults of the form come at once, each with its reason")
    func faults() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            let manager = try #require(try await fixture.platform.staff.find(number: "KH0001"))
            func faults(of form: AccountOpeningForm) async throws -> AccountOpeningFaults {
                do {
                    _ = try await fixture.platform.accountOpenings.submit(
                        form, command: fixture.command(), by: manager, from: fixture.origin, at: fixture.now)
                    return AccountOpeningFaults()
                } catch let error as AccountOpeningFaults {
                    return error
                }
            }
            let empty = try await faults(of: AccountOpeningForm())
            #expect(empty.enterpriseName == .empty && empty.creditCode == .form(.empty))
            #expect(empty.legalRepresentative == .empty && empty.operatorName == .empty)
            #expect(empty.operatorMobile == .form(.empty) && empty.cityCode == .empty)
            #expect(empty.internetBankingBank == .empty && empty.accountBank == .empty)
            #expect(empty.lineNumber == .empty && empty.accountNumber == .empty)
            #expect(empty.holderName == .empty && empty.loginID == .form(.empty))
            var form = PeopleFixture.form()
            form.enterpriseName = String(repeating: "长", count: 101)
            form.legalRepresentative = "王\u{202E}建国"
            form.creditCode = "91310000MA1FL00070"
            form.operatorMobile = "12345678901"
            form.cityCode = "440100"
            form.internetBankingBank = "BSB"
            form.accountBank = "NOPE"
            form.lineNumber = "123"
            form.accountNumber = "12"
            form.loginID = "1a"
            let wrong = try await faults(of: form)
            #expect(
                wrong.enterpriseName == .wrongLength(longest: 100)
                    && wrong.legalRepresentative == .wrongCharacter)
            #expect(
                wrong.creditCode == .form(.wrongCheckCharacter)
                    && wrong.operatorMobile == .form(.notAMobileNumber))
            #expect(wrong.cityCode == .outsideRegion && wrong.internetBankingBank == .unknown)
            #expect(wrong.accountBank == .unknown && wrong.lineNumber == .notTwelveDigits)
            #expect(wrong.accountNumber == .wrongForm && wrong.loginID == .form(.wrongLength))
            #expect(wrong.holderName == .differsFromEnterprise)
            let again = try await faults(of: PeopleFixture.form())
            guard case .alreadyCustomer(let merchantNumber, let name) = again.creditCode else {
                Issue.record("the customer is not shown")
                return
            }
            #expect(merchantNumber.hasPrefix("M4301") && name == "长沙示例实业有限公司" && again.loginID == .taken)
            #expect(try await fixture.count("account_opening_cases") == 1)
        }
    }

    @Test("Names that the bank cannot carry, or with something invisible inside, are refused")
    func names() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            func faults(_ change: (inout AccountOpeningForm) -> Void) async throws -> AccountOpeningFaults {
                var form = PeopleFixture.form()
                change(&form)
                let typed = form
                return try await #require(throws: AccountOpeningFaults.self) {
                    _ = try await fixture.platform.accountOpenings.submit(
                        typed, command: fixture.command(), by: manager, from: fixture.origin,
                        at: fixture.now)
                }
            }
            for character in BankText.separators {
                let found = try await faults { form in
                    form.enterpriseName = "长沙甲\(character)乙有限公司"
                    form.holderName = form.enterpriseName
                    form.legalRepresentative = "王\(character)"
                    form.operatorName = "李\(character)"
                }
                #expect(found.enterpriseName == .notForTheBank && found.holderName == .notForTheBank)
                #expect(found.legalRepresentative == .notForTheBank && found.operatorName == .notForTheBank)
            }
            // White space that shows nothing would pass as no difference to the enterprise's name.
            for character in ["\u{200B}", "\n", "\t", "\u{2028}", "\u{85}", "\u{FEFF}", "\u{202E}"] {
                let found = try await faults { $0.holderName = "长沙\(character)示例实业有限公司" }
                #expect(found.holderName == .wrongCharacter)
            }
            var wide = PeopleFixture.form()
            wide.enterpriseName = "长沙甲＆乙有限公司"
            wide.holderName = wide.enterpriseName
            _ = try await fixture.platform.accountOpenings.submit(
                wide, command: fixture.command(), by: manager, from: fixture.origin, at: fixture.now)
        }
    }

    @Test("A customer of another region is not shown: only that the code is taken")
    func customerElsewhere() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            let elsewhere = try await fixture.add(
                "KH0007", .accountManager, .province("440000"), mobile: "13900000007"
            ).member
            var form = PeopleFixture.form(loginID: "guangzhou1")
            form.cityCode = "440100"
            let typed = form
            let found = try await #require(throws: AccountOpeningFaults.self) {
                _ = try await fixture.platform.accountOpenings.submit(
                    typed, command: fixture.command(), by: elsewhere, from: fixture.origin,
                    at: fixture.now)
            }
            #expect(found.creditCode == .taken)
        }
    }

    @Test("No member of staff is the operator: not at submission, and not as the one who decides")
    func operatorIsNotStaff() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            var form = PeopleFixture.form()
            form.operatorMobile = "+86 139-0000-0001"
            let typed = form
            let found = try await #require(throws: AccountOpeningFaults.self) {
                _ = try await fixture.platform.accountOpenings.submit(
                    typed, command: fixture.command(), by: manager, from: fixture.origin,
                    at: fixture.now)
            }
            #expect(found.operatorMobile == .belongsToStaff)
            let openings = fixture.platform.accountOpenings
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: fixture.origin,
                at: fixture.now)
            // The operator becomes a member of staff while the case waits.
            let asStaff = try await fixture.add("SH0008", .supervisor, mobile: "13800138000").member
            #expect(try await openings.find(number, for: asStaff)?.canDecide == false)
            await #expect(throws: AccountOpeningError.samePerson) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: asStaff, from: fixture.origin,
                    at: fixture.now)
            }
            #expect(try await fixture.count("enterprises") == 0)
        }
    }

    @Test("Brackets of either width and spaces make no other holder")
    func holder() async throws {
        try await PeopleFixture.with { fixture in
            var form = PeopleFixture.form()
            form.enterpriseName = "示例（长沙）有限公司"
            form.holderName = " 示例(长沙) 有限公司"
            try await fixture.open(form)
        }
    }

    @Test("The same command with the same form is the same case; with another form it is refused")
    func commands() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            let command = fixture.command()
            func submit(_ form: AccountOpeningForm) async throws -> String {
                try await openings.submit(
                    form, command: command, by: manager, from: fixture.origin, at: fixture.now)
            }
            let number = try await submit(PeopleFixture.form())
            #expect(try await submit(PeopleFixture.form()) == number)
            await #expect(throws: CommandReused.self) {
                _ = try await submit(PeopleFixture.form(loginID: "other001"))
            }
            let approval = fixture.command()
            func approve() async throws -> AccountOpeningOutcome {
                try await openings.approve(
                    number, version: 1, command: approval, by: supervisor, from: fixture.origin,
                    at: fixture.now)
            }
            let outcome = try await approve()
            #expect(try await approve() == outcome)
            #expect(try await submit(PeopleFixture.form()) == number)
            #expect(try await fixture.count("enterprises") == 1)
        }
    }

    @Test("Only account managers submit, and only in their region")
    func roles() async throws {
        try await PeopleFixture.with { fixture in
            let supervisor = try await fixture.supervisor()
            let auditor = try await fixture.add("SJ0001", .auditor, mobile: "13900000007").member
            for member in [supervisor, auditor] {
                await #expect(throws: AccountOpeningError.notAllowed) {
                    try await fixture.platform.accountOpenings.submit(
                        PeopleFixture.form(), command: fixture.command(), by: member, from: fixture.origin,
                        at: fixture.now)
                }
            }
            let provincial = try await fixture.add(
                "KH0009", .accountManager, .province("430000"), mobile: "13900000008")
            _ = try await fixture.platform.accountOpenings.submit(
                PeopleFixture.form(), command: fixture.command(), by: provincial.member, from: fixture.origin,
                at: fixture.now)
        }
    }

    @Test("A case outside of the region does not exist")
    func region() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let elsewhere = try await fixture.add(
                "SH0002", .supervisor, .province("440000"), mobile: "13900000004"
            ).member
            let openings = fixture.platform.accountOpenings
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: fixture.origin,
                at: fixture.now)
            #expect(try await openings.find(number, for: elsewhere) == nil)
            #expect(try await openings.waiting(for: elsewhere).rows.isEmpty)
            await #expect(throws: AccountOpeningError.notFound) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: elsewhere, from: fixture.origin,
                    at: fixture.now)
            }
            // A session older than a move to another region is no help: the grant function reads the region
            // as stored.
            var pretending = elsewhere
            pretending = StaffMember(
                id: elsewhere.id, number: elsewhere.number, name: elsewhere.name, role: .supervisor,
                region: .national)
            await #expect(throws: AccountOpeningError.notAllowed) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: pretending, from: fixture.origin,
                    at: fixture.now)
            }
        }
    }

    @Test(
        "A returned case is edited by its account manager and submitted as a new version; the old version cannot be decided on"
    )
    func resubmission() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            let (origin, now) = (fixture.origin, fixture.now)
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: origin, at: now)
            await #expect(throws: AccountOpeningError.reasonMissing) {
                try await openings.sendBack(
                    number, version: 1, reason: "  ", by: supervisor, from: origin, at: now)
            }
            try await openings.sendBack(
                number, version: 1, reason: "账号不符", by: supervisor, from: origin, at: now)
            var (form, version) = try await openings.draft(number, for: manager)
            #expect(
                version == 1 && form.accountNumber == "43001234567890123456"
                    && form.operatorMobile == "13800138000")
            form.accountNumber = "4300999988887777"
            try await openings.resubmit(
                number, version: 1, form, command: fixture.command(), by: manager, from: origin, at: now)
            let page = try #require(try await openings.find(number, for: supervisor))
            #expect(page.version == 2 && page.accountNumberTail == "7777" && page.canDecide)
            #expect(
                page.events.map(\.event) == ["started", "submitted", "returned", "taskSaved", "submitted"])
            #expect(page.events[2].reason == "账号不符" && page.events[2].staffName == supervisor.name)
            await #expect(throws: AccountOpeningError.stale) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: supervisor, from: origin, at: now)
            }
            #expect(try await fixture.count("account_opening_events", where: "event = 'decisionStale'") == 1)
            let outcome = try await openings.approve(
                number, version: 2, command: fixture.command(), by: supervisor, from: origin, at: now)
            guard case .approved = outcome else {
                Issue.record("not approved: \(outcome)")
                return
            }
            #expect(
                try await fixture.count("registered_accounts", where: "account_number_tail = '7777'") == 1)
        }
    }

    @Test("Only the account manager of a case takes it back or edits it, and only while that is possible")
    func withdrawal() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let colleague = try await fixture.add("KH0002", .accountManager, mobile: "13900000005").member
            let openings = fixture.platform.accountOpenings
            let (origin, now) = (fixture.origin, fixture.now)
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: origin, at: now)
            await #expect(throws: AccountOpeningError.notAllowed) {
                try await openings.withdraw(number, version: 1, by: colleague, from: origin, at: now)
            }
            await #expect(throws: AccountOpeningError.stale) {
                try await openings.resubmit(
                    number, version: 1, PeopleFixture.form(), command: fixture.command(), by: manager,
                    from: origin,
                    at: now)
            }
            await #expect(throws: AccountOpeningError.stale) {
                try await openings.draft(number, for: manager)
            }
            try await openings.withdraw(number, version: 1, by: manager, from: origin, at: now)
            #expect(try await openings.own(of: manager).rows.map(\.state) == [.withdrawn])
            let supervisor = try await fixture.supervisor()
            await #expect(throws: AccountOpeningError.stale) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: supervisor, from: origin, at: now)
            }
        }
    }

    @Test("The lists go page by page by key")
    func paging() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            var numbers: [String] = []
            for index in 0..<5 {
                numbers.append(
                    try await openings.submit(
                        PeopleFixture.form(loginID: "company\(index)"), command: fixture.command(),
                        by: manager,
                        from: fixture.origin, at: fixture.now))
            }
            let first = try await openings.waiting(for: supervisor, limit: 2)
            let second = try await openings.waiting(for: supervisor, after: first.next, limit: 2)
            let third = try await openings.waiting(for: supervisor, after: second.next, limit: 2)
            #expect((first.rows + second.rows + third.rows).map(\.number) == numbers && third.next == nil)
            let own = try await openings.own(of: manager, limit: 3)
            #expect(own.rows.map(\.number) == numbers.suffix(3).reversed() && own.next != nil)
            #expect(own.rows.allSatisfy { !$0.canDecide })
        }
    }
}
