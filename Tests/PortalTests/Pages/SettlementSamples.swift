import Foundation

@testable import Payments
@testable import Portal

/// Samples of 收费单位结算.
enum SettlementSamples {
    private static let moment = ClerkSamples.moment
    private static let number = "ST20261123ABCDEFGHJKMN"

    static let all: [Sample] = lists + states + acts + [workList]

    // MARK: Domain values

    private static func member(_ id: Int64, _ name: String, _ role: StaffRole) -> StaffMember {
        StaffMember(
            id: StaffMember.ID(rawValue: id), number: "O000000\(id)", name: name, role: role,
            region: .national)
    }

    private static let operations = member(1, "吴涛", .operations)
    private static let supervisor = member(3, "何静", .supervisor)
    private static let auditor = member(4, "沈洁", .auditor)

    private static func layout(_ reader: StaffMember = operations) -> Layout {
        var layout = Layout(
            staffName: reader.name, roleLabel: reader.role.label, regionName: "全国", canOpenAccounts: false,
            canReview: reader.role == .supervisor, csrf: "csrf-token")
        layout.seesOperations = true
        return layout
    }

    private static func attempt(
        _ outcome: BillerSettlement.Attempt.Outcome? = nil, isSent: Bool = true, isPaid: Bool = false
    ) -> BillerSettlement.Attempt {
        BillerSettlement.Attempt(
            number: number, transactionTime: isSent ? "20261123100000" : nil,
            bankSerial: isPaid ? "202611230000000000001" : nil,
            settlementDate: isPaid ? LocalDate(moment) : nil,
            outcome: outcome)
    }

    private static func settlement(
        _ status: BillerSettlementStatus = .pendingReview, isProposed: Bool = false, hasAccount: Bool = true,
        attempt: BillerSettlement.Attempt? = nil, payments: Int = 2, isKeptBack: Bool = false
    ) -> BillerSettlement {
        BillerSettlement(
            id: 7, number: number, billerCode: "CSWATER", billerName: ClerkSamples.hostile,
            cityCode: "430100",
            day: LocalDate(moment), payments: payments, gross: Money(fen: 1_234_567),
            netted: Money(fen: 34_567), fee: .zero, net: Money(fen: 1_200_000), status: status,
            proposal: isProposed
                ? BillerSettlement.Proposal(by: operations.id, name: operations.name) : nil,
            version: 4, createdAt: moment.addingTimeInterval(-7200),
            stateSince: moment.addingTimeInterval(-3600),
            account: hasAccount
                ? BillerAccount(
                    id: 1, bankName: "中国工商银行", tail: "5678", holderName: ClerkSamples.hostile,
                    licenceNumber: "", sealedNumber: []) : nil, attempt: attempt, isKeptBack: isKeptBack)
    }

    private static let item = OpenWorkItem(
        id: 1, detail: "\(number)：银行称无此付款，请与银行核实", raisedAt: moment.addingTimeInterval(-7200), order: nil,
        settlementNumber: number)

    private static func page(
        _ settlement: BillerSettlement, reader: StaffMember = operations, hasLines: Bool = true,
        reason: String = "", error: BillerSettlementError? = nil, resolution: String = "",
        errors: [FieldError] = []
    ) -> SettlementPage {
        let lines = [
            BillerSettlementLine(
                orderID: 1, number: "BP20261122ABCDEFGHJKMN", customerNumber: "10012345",
                billerSerial: ClerkSamples.hostile, agreedOn: LocalDate(moment), amount: Money(fen: 1_000_000)
            ),
            BillerSettlementLine(
                orderID: 2, number: "BP20261122ABCDEFGHJKMP", customerNumber: "10012346", billerSerial: "",
                agreedOn: nil, amount: Money(fen: 234_567), isReached: false),
        ]
        let events: [BillerSettlementDetails.Event] = [
            BillerSettlementDetails.Event(
                event: "started", at: moment.addingTimeInterval(-7200), staffName: nil, note: ""),
            BillerSettlementDetails.Event(
                event: "differencesFound", at: moment.addingTimeInterval(-7200), staffName: nil,
                note: "1 笔销账核对中，未计入"),
            BillerSettlementDetails.Event(
                event: "returned", at: moment.addingTimeInterval(-3600), staffName: "何静",
                note: ClerkSamples.hostile),
        ]
        return SettlementPage(
            layout: layout(reader),
            details: BillerSettlementDetails(
                settlement: settlement, lines: hasLines ? lines : [],
                attempts: settlement.attempt.map { [attempt(.refused), $0] } ?? [],
                workItems: settlement.status == .payable ? [item] : [],
                differences: settlement.status == .paid ? [StaffOrderSamples.difference(.open)] : [],
                postings: settlement.status == .paid ? StaffOrderSamples.busy.lines : [],
                messages: settlement.attempt == nil
                    ? StaffOrderSamples.noMessages : StaffOrderSamples.messages,
                events: events),
            reader: reader, command: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", reason: reason, error: error,
            resolution: resolution, errors: errors)
    }

    private static func list(_ query: String, _ rows: [BillerSettlement], next: Bool = false)
        -> SettlementListPage
    {
        SettlementListPage(
            layout: layout(), query: SettlementQuery(FormFields(urlencoded: Array(query.utf8)) ?? .empty),
            page: ListPage(rows, limit: next ? rows.count - 1 : 20, key: \.id))
    }

    // MARK: Samples

    private static let lists: [Sample] = [
        Sample("empty", list("", [])),
        Sample("nothing-found", list("q=nobody&state=paid", [])),
        Sample("typical", list("", [settlement(), settlement(.paid), settlement(.carriedForward)])),
        Sample("more", list("state=pendingReview&before=9", [settlement(), settlement()], next: true)),
    ]

    private static let states: [Sample] = BillerSettlementStatus.allCases.map { status in
        let last: BillerSettlement.Attempt? =
            switch status {
            case .payable: attempt(isSent: false)
            case .sending, .unknown, .atBank: attempt()
            case .paid: attempt(isPaid: true)
            case .collecting, .reconciling, .pendingReview, .carriedForward: nil
            }
        return Sample(status.rawValue, page(settlement(status, attempt: last)))
    }

    private static let acts: [Sample] = [
        Sample("empty", page(settlement(isProposed: true), reader: supervisor, hasLines: false)),
        Sample(
            "error",
            page(
                settlement(isProposed: true, payments: 60), reader: supervisor, reason: "",
                error: .reasonMissing)),
        Sample(
            "not-resolved",
            page(
                settlement(.payable, attempt: attempt(.refused)), resolution: ClerkSamples.hostile,
                errors: [FieldError("resolution", "请填写处理说明，最多 500 个字")])),
        Sample("same-person", page(settlement(isProposed: true), error: .samePerson)),
        Sample("without-account", page(settlement(hasAccount: false))),
        Sample("seen-by-auditor", page(settlement(), reader: auditor)),
        Sample("returned-by-bank", page(settlement(.payable, attempt: attempt(.returned, isPaid: true)))),
        Sample(
            "kept-back", page(settlement(.payable, attempt: attempt(isSent: false), isKeptBack: true))),
        Sample("absent", page(settlement(.payable, attempt: attempt(.absent)))),
        Sample("unsendable", page(settlement(.payable, attempt: attempt(.unsendable, isSent: false)))),
        Sample("superseded", page(settlement(.paid, attempt: attempt(.superseded, isSent: false)))),
    ]

    private static let workList = Sample(
        "settlements",
        WorkListPage(
            layout: layout(),
            groups: [
                WorkListPage.Group(
                    "待复核的收费单位结算", id: "settlement-proposals", [settlement(isProposed: true)], at: moment),
                WorkListPage.Group(
                    "待核实的订单", id: "orders",
                    [item], at: moment),
            ]))
}
