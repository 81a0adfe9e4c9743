import Foundation

@testable import Payments
@testable import Portal

/// Samples of 应收企业款.
enum RepaymentSamples {
    static let moment = ClerkSamples.moment

    static func repayment(_ state: Repayment.State, by proposer: Int64 = 1) -> Repayment {
        Repayment(
            number: "RP20261123ABCDEFGHJKMN", amount: Money(fen: 500_000), reason: ClerkSamples.hostile,
            state: state, version: 1, proposedBy: "吴涛",
            proposerID: StaffMember.ID(rawValue: proposer), proposedAt: moment,
            reply: state == .returned ? ClerkSamples.hostile : "", id: 1,
            enterprise: Enterprise.ID(rawValue: 1))
    }

    static func receivable(
        owed: Int64, waiting: Bool = false, by proposer: Int64 = 1, decided: [Repayment.State] = []
    ) -> Receivable {
        Receivable(
            owed: Money(fen: owed), available: Money(fen: 300_000), hasParkedLoss: owed > 0,
            waiting: waiting ? repayment(.proposed, by: proposer) : nil,
            decided: decided.map { repayment($0) })
    }

    static func page(
        _ receivable: Receivable, state: EnterpriseState = .outgoingStopped, role: StaffRole = .operations,
        form: [(name: String, value: String)]? = nil, error: RepaymentError? = nil
    ) -> RepaymentPage {
        RepaymentPage(
            layout: StaffSamples.layout(of: role),
            enterprise: StaffSamples.details(state, account: nil).enterprise, receivable: receivable,
            member: StaffSamples.member(role), command: "c",
            form: form.map { RepaymentForm(FormFields(pairs: $0)) }, error: error)
    }

    static let all: [Sample] = [
        Sample("nothing-owed", page(receivable(owed: 0), state: .active)),
        Sample("for-others", page(receivable(owed: 500_000), role: .supervisor)),
        Sample("empty", page(receivable(owed: 500_000))),
        Sample(
            "error",
            page(
                receivable(owed: 500_000, decided: [.agreed, .returned]),
                form: [("amount", "一百元"), ("reason", "")])),
        Sample(
            "too-much",
            page(
                receivable(owed: 500_000), form: [("amount", "5,000.01"), ("reason", ClerkSamples.hostile)],
                error: .moreThanOwed)),
        Sample("waiting", page(receivable(owed: 500_000, waiting: true), role: .supervisor)),
        Sample(
            "same-person",
            page(
                receivable(owed: 500_000, waiting: true, by: 9),
                form: [("decision", "grant"), ("reply", "")],
                error: .samePerson)),
        Sample("own-proposal", page(receivable(owed: 500_000, waiting: true, by: 9))),
        Sample(
            "reason-missing",
            page(
                receivable(owed: 500_000, waiting: true), role: .supervisor,
                form: [("decision", "return"), ("reply", "")], error: .reasonMissing)),
        Sample("seen-by-auditor", page(receivable(owed: 500_000, waiting: true), role: .auditor)),
    ]
}
