import Foundation

@testable import Payments
@testable import Portal

/// Samples of 事后监控: what staff see of it, and the clerk whose withdrawal is kept back.
enum FollowUpSamples {
    private static let moment = ClerkSamples.moment

    static let all: [Sample] = lists + cases + [workList, keptBack]

    // MARK: Domain values

    private static let rules = [
        FollowUpRule(
            kind: .quickTurn, name: "快进快出", sentence: "充值入账后 24 小时内提现合计 10,000.00 元以上，且不少于充值金额的 80%，其间没有缴费"),
        FollowUpRule(
            kind: .manySmall, version: 3, name: "多笔小额提现", sentence: "24 小时内提现 5 笔以上，每笔不超过 5,000.00 元",
            isOn: false),
        FollowUpRule(
            kind: .returnedTwice, name: "多次退汇", sentence: "30 天内有 2 笔以上提现被银行退汇", holdsWithdrawals: true),
        FollowUpRule(
            kind: .billerReturnedTwice, name: "收费单位多次退汇", sentence: "30 天内有 2 笔以上付给收费单位的款项被银行退汇",
            holdsWithdrawals: true),
    ]

    private static func hold(
        _ state: WithdrawalHold.State, _ handling: WithdrawalHold.Handling? = nil,
        by proposer: StaffMember? = nil
    ) -> WithdrawalHold {
        WithdrawalHold(
            id: 4, state: state, handling: handling, reason: handling == nil ? nil : ClerkSamples.hostile,
            version: 2, proposer: proposer?.id)
    }

    private static func found(
        _ state: FollowUpState = .open, id: Int64 = 9, owner: StaffMember? = nil, hold: WithdrawalHold? = nil
    ) -> FollowUpCase {
        FollowUpCase(
            id: id, number: "RC20261123ABCDEFGHJKMN", rule: hold == nil ? rules[0] : rules[2],
            enterprise: Enterprise.ID(rawValue: 1), enterpriseName: ClerkSamples.hostile,
            merchantNumber: "M43010001000016", cityCode: "430100",
            happenedAt: moment.addingTimeInterval(-7200), raisedAt: moment.addingTimeInterval(-7140),
            state: state, owner: owner?.id, ownerName: owner?.name,
            decision: state == .decided ? .verified : nil,
            reason: state == .decided ? ClerkSamples.hostile : nil, hold: hold)
    }

    /// A case about payments to a biller.
    private static func billerCase(_ hold: WithdrawalHold) -> FollowUpCase {
        FollowUpCase(
            id: 5, number: "RC20261123ABCDEFGHJKMN", rule: rules[3], enterprise: nil,
            enterpriseName: ClerkSamples.hostile, merchantNumber: "CSWATER", cityCode: "430100",
            happenedAt: moment.addingTimeInterval(-7200), raisedAt: moment.addingTimeInterval(-7140),
            state: .taken, owner: operations.id, ownerName: operations.name, decision: nil, reason: nil,
            hold: hold)
    }

    private static func member(_ id: Int64, _ name: String, _ role: StaffRole) -> StaffMember {
        StaffMember(
            id: StaffMember.ID(rawValue: id), number: "O000000\(id)", name: name, role: role,
            region: .national)
    }

    private static let operations = member(1, "吴涛", .operations)
    private static let other = member(2, "郑欣", .operations)
    private static let supervisor = member(3, "何静", .supervisor)
    private static let auditor = member(4, "沈洁", .auditor)

    private static func layout(_ reader: StaffMember = operations) -> Layout {
        var layout = Layout(
            staffName: reader.name, roleLabel: reader.role.label, regionName: "全国", canOpenAccounts: false,
            canReview: reader.role == .supervisor, csrf: "csrf-token")
        layout.seesOperations = true
        return layout
    }

    // MARK: The list

    private static func list(
        _ cases: [FollowUpCase], _ query: [(name: String, value: String)] = []
    ) -> FollowUpListPage {
        FollowUpListPage(
            layout: layout().marking(.followUps), query: FollowUpQuery(FormFields(pairs: query)),
            page: ListPage(cases, limit: 3, key: \.id), rules: rules)
    }

    private static let lists: [Sample] = [
        Sample("empty", list([])),
        Sample(
            "no-results", list([], [("q", ClerkSamples.hostile), ("rule", "manySmall"), ("state", "open")])),
        Sample(
            "typical",
            list([
                found(id: 9), found(.taken, id: 8, owner: operations, hold: hold(.active)),
                found(.decided, id: 7, owner: other), found(id: 6),
            ])),
    ]

    // MARK: One case

    private static let evidence = [
        FollowUpEvidence(
            fact: .toppedUp, at: moment.addingTimeInterval(-9000),
            order: FollowUpEvidence.Order(number: "TP20261123ABCDEFGHJKMN", amount: ClerkSamples.huge)),
        FollowUpEvidence(
            fact: .withdrawn, at: moment.addingTimeInterval(-7200),
            order: FollowUpEvidence.Order(number: "WD20261123ABCDEFGHJKMN", amount: ClerkSamples.huge)),
        FollowUpEvidence(fact: .accountVerified, at: moment.addingTimeInterval(-90_000), order: nil),
    ]

    private static let billerEvidence = [
        FollowUpEvidence(fact: .billerAccount, at: moment.addingTimeInterval(-90_000), order: nil),
        FollowUpEvidence(
            fact: .billerReturned, at: moment.addingTimeInterval(-7200),
            order: FollowUpEvidence.Order(
                number: "ST20261123ABCDEFGHJKMN", amount: ClerkSamples.huge, isSettlement: true)),
    ]

    private static let heldSettlements = [
        FollowUpDetails.HeldSettlement(
            number: "ST20261123ABCDEFGHJKMN", amount: Money(fen: 1_234_567),
            heldAt: moment.addingTimeInterval(-3600), status: .payable)
    ]

    private static let held = [WithdrawalStatus.accepted, .cancelled].map {
        FollowUpDetails.HeldWithdrawal(
            number: "WD20261123ABCDEFGHJKMP", amount: Money(fen: 1_234_567),
            heldAt: moment.addingTimeInterval(-3600), status: $0)
    }

    private static let events: [(String, StaffMember?, String)] = [
        (FollowUpState.Event.raised.rawValue, nil, ""),
        (FollowUpState.Event.takenOver.rawValue, operations, ""),
        (WithdrawalHold.State.Event.withdrawalHeld.rawValue, nil, "WD20261123ABCDEFGHJKMP"),
        (WithdrawalHold.State.Event.releaseProposed.rawValue, operations, ClerkSamples.hostile),
    ]

    private static func page(
        _ found: FollowUpCase, by reader: StaffMember = operations,
        held: [FollowUpDetails.HeldWithdrawal] = [],
        form: [(name: String, value: String)]? = nil, errors: [FieldError] = []
    ) -> FollowUpCasePage {
        FollowUpCasePage(
            layout: layout(reader).marking(.followUps),
            details: FollowUpDetails(
                found: found, evidence: found.isAboutBiller ? billerEvidence : evidence, held: held,
                heldSettlements: found.isAboutBiller ? heldSettlements : [],
                events: events.enumerated().map { place, event in
                    FollowUpDetails.Event(
                        event: event.0, at: moment.addingTimeInterval(Double(place - 10) * 60),
                        staffName: event.1?.name, note: event.2)
                }),
            reader: reader, command: "c", form: form.map { FollowUpForm(FormFields(pairs: $0)) },
            errors: errors)
    }

    private static let noReason = FieldError("reason", FollowUpError.reasonMissing.sentence)

    private static let cases: [Sample] = [
        Sample("empty", page(found())),
        Sample("open", page(found(), by: auditor)),
        Sample("taken", page(found(.taken, owner: operations))),
        Sample("taken-by-another", page(found(.taken, owner: operations), by: other)),
        Sample(
            "error",
            page(
                found(.taken, owner: operations), form: [("decision", ""), ("reason", "")],
                errors: [FieldError("decision", "请选择结论"), noReason])),
        Sample("decided", page(found(.decided, owner: operations), by: auditor)),
        Sample("holds-nothing-yet", page(found(hold: hold(.active)))),
        Sample("holds", page(found(.taken, owner: operations, hold: hold(.active)), held: held)),
        Sample(
            "proposal-refused",
            page(
                found(.taken, owner: operations, hold: hold(.active)), held: held,
                form: [("handling", ""), ("reason", "")],
                errors: [FieldError("handling", "请选择处理方式"), noReason])),
        Sample(
            "proposed",
            page(
                found(.taken, owner: operations, hold: hold(.proposed, .release)), by: supervisor, held: held)
        ),
        Sample(
            "own-proposal",
            page(
                found(.taken, owner: operations, hold: hold(.proposed, .release, by: operations)), held: held)
        ),
        Sample(
            "same-person",
            page(
                found(.taken, owner: operations, hold: hold(.proposed, .cancel, by: operations)), held: held,
                form: [],
                errors: [FieldError("case-heading", FollowUpError.samePerson.sentence)])),
        Sample(
            "return-refused",
            page(
                found(.taken, owner: operations, hold: hold(.proposed, .release)), by: supervisor, held: held,
                form: [("reason", "")], errors: [noReason])),
        Sample("holds-payments", page(billerCase(hold(.active)))),
        Sample("payments-released", page(billerCase(hold(.released, .release)))),
        Sample(
            "released", page(found(.taken, owner: operations, hold: hold(.released, .release)), held: held)),
    ]

    // MARK: Elsewhere

    private static let workList = Sample(
        "follow-ups",
        WorkListPage(
            layout: layout(),
            groups: [
                WorkListPage.Group(
                    "待处理的风险案例", id: "follow-ups",
                    [found(), found(.taken, owner: operations, hold: hold(.proposed, .release))], at: moment)
            ]))

    private static let keptBack = Sample(
        "accepted-kept-back",
        WithdrawalPage(
            layout: ClerkSamples.layout,
            withdrawal: Withdrawal(
                reference: ClerkSamples.reference(.withdrawal, "WD20261123ABCDEFGHJKMN", fen: 100_000),
                status: .accepted, account: ClerkSamples.payoutAccount,
                promise: ClerkSamples.promise(), transactionTime: nil,
                createdAt: moment, stateSince: moment, bankSerial: nil, reason: nil,
                nextQuestionAt: moment.addingTimeInterval(3600), isKeptBack: true),
            events: ClerkSamples.events([("submitted", "accepted")])))
}
