import Foundation

@testable import Payments
@testable import Portal

/// Samples of what the people who look after reconciliation see.
enum ReconciliationSamples {
    static let moment = ClerkSamples.moment
    static let day = LocalDate(moment)

    static let operations: Layout = {
        var layout = Layout(
            staffName: "苏平", roleLabel: "运营员", regionName: "全国", canOpenAccounts: false, canReview: false,
            csrf: "csrf-token")
        layout.canSeeBankMessages = true
        layout.seesOperations = true
        return layout
    }()

    static let all: [Sample] =
        billerDays + dayLists + dayPages + lists + states + proposals + decisions + workLists

    static func member(_ role: StaffRole, id: Int64 = 3) -> StaffMember {
        StaffMember(
            id: StaffMember.ID(rawValue: id), number: "O0000001", name: "苏平", role: role, region: .national)
    }

    // MARK: Billers

    static func billerList(
        _ pairs: [(name: String, value: String)], _ days: [BillerDay], hasMore: Bool = false
    ) -> BillerStatementsPage {
        let fields = FormFields(pairs: pairs)
        var errors: [FieldError] = []
        let query = BillerStatementQuery(fields, errors: &errors)
        return BillerStatementsPage(
            layout: operations, query: query, days: days,
            billers: [("CSWATER", "长沙清源水务"), ("HOSTILE", ClerkSamples.hostile)], hasMore: hasMore,
            fields: fields, errors: errors)
    }

    static func billerDay(_ id: Int64, isAccepted: Bool = true, tries: Int32 = 0, name: String = "长沙清源水务")
        -> BillerDay
    {
        BillerDay(
            place: BillerDay.Place(day: day, id: id), billerCode: "CSWATER", billerName: name, tries: tries,
            triedAt: tries > 0 ? moment : nil, problem: isAccepted || tries == 0 ? "" : ClerkSamples.hostile,
            acceptedAt: isAccepted ? moment : nil, statedCount: isAccepted ? 14 : nil,
            statedSum: isAccepted ? Money(fen: 1_234_567) : nil,
            sums: isAccepted
                ? [
                    BillerDay.Sum(kind: .billerOnly, lines: 1, amount: Money(fen: 4_200)),
                    BillerDay.Sum(kind: .matched, lines: 13, amount: Money(fen: 1_230_367)),
                ] : [], openCases: isAccepted ? 1 : 0)
    }

    static let billerDays: [Sample] = [
        Sample("empty", billerList([], [])),
        Sample("not-yet", billerList([], [billerDay(3, isAccepted: false)])),
        Sample("no-results", billerList([("biller", "CSWATER"), ("from", "2026-12-01")], [])),
        Sample("error", billerList([("from", ClerkSamples.hostile), ("until", "2026-12-01")], [])),
        Sample(
            "typical",
            billerList(
                [("biller", "CSWATER")],
                [
                    billerDay(4), billerDay(3, isAccepted: false),
                    billerDay(2, isAccepted: false, tries: 48, name: ClerkSamples.hostile),
                ], hasMore: true)),
    ]

    // MARK: Days

    static func sum(
        _ channel: Channel, _ trade: BankFiles.Trade, _ kind: BankLine.Kind, lines: Int64, fen: Int64,
        fees: Int64 = 0
    ) -> ReconciliationDay.Sum {
        ReconciliationDay.Sum(
            channel: channel, trade: trade, kind: kind, lines: lines, amount: Money(fen: fen),
            fees: Money(fen: fees))
    }

    static func attempt(_ result: ReconciliationDay.Attempt.Result, _ detail: String)
        -> ReconciliationDay.Attempt
    {
        ReconciliationDay.Attempt(at: moment, result: result, detail: detail)
    }

    static let typical = ReconciliationDay(
        day: day,
        file: ReconciliationDay.File(
            name: "777290058110097_20261123.zip", acceptedAt: moment,
            stated: BankFiles.Ending.Totals(lines: 14, net: 1_233_487), adjustments: 2),
        attempts: 2, lastAttempt: attempt(.accepted, "777290058110097_20261123.zip"),
        sums: [
            sum(.gateway, .payment, .matched, lines: 12, fen: 1_234_567, fees: 1_080),
            sum(.gateway, .payment, .bankOnly, lines: 1, fen: 550_000),
            sum(.payout, .payout, .matched, lines: 1, fen: 550_000),
        ],
        cases: [
            ReconciliationDay.Cases(
                channel: .gateway, kind: .bankOnly, count: 1, open: 1, amount: Money(fen: 550_000)),
            ReconciliationDay.Cases(
                channel: .gateway, kind: .cutOff, count: 2, open: 0, amount: Money(fen: 30_000)),
        ],
        reserve: ReconciliationDay.Reserve(
            account: "8888****0001", opening: Money(fen: 100), closing: Money(fen: 1_233_587),
            booked: Money(fen: 1_233_587)))

    static func without(
        _ attempt: ReconciliationDay.Attempt?, file: ReconciliationDay.File? = nil, back: Int = 1
    ) -> ReconciliationDay {
        ReconciliationDay(
            day: day.adding(days: -back), file: file, attempts: attempt == nil ? 0 : 48, lastAttempt: attempt,
            sums: [], cases: [], reserve: nil)
    }

    static let noTrade = ReconciliationDay.File(name: "", acceptedAt: moment, stated: nil, adjustments: 0)

    static func dayList(
        _ pairs: [(name: String, value: String)], days: [ReconciliationDay], hasMore: Bool = false
    ) -> ReconciliationPage {
        let fields = FormFields(pairs: pairs)
        var errors: [FieldError] = []
        let query = ReconciliationQuery(fields, errors: &errors)
        // The sums of samples are far from the edge of the range.
        return
            (try? ReconciliationPage(
                layout: operations, query: query, days: days, hasMore: hasMore, fields: fields, errors: errors
            ))
            ?? { preconditionFailure("sample sums overflow") }()
    }

    static let dayLists: [Sample] = [
        Sample("empty", dayList([], days: [])),
        Sample("no-file-yet", dayList([], days: [without(attempt(.absent, "98"))])),
        Sample("no-results", dayList([("from", "2026-12-01"), ("channel", "unionpay-payout")], days: [])),
        Sample("error", dayList([("from", ClerkSamples.hostile), ("until", "2026-12-01")], days: [])),
        Sample(
            "typical",
            dayList(
                [],
                days: [
                    typical, without(attempt(.absent, "98")), without(attempt(.damaged, "x"), back: 2),
                    without(attempt(.unclear, "x"), back: 3), without(attempt(.other, "x"), back: 4),
                    without(nil, back: 5), without(attempt(.accepted, ""), file: noTrade, back: 6),
                ], hasMore: true)),
    ]

    static func line(_ kind: BankLine.Kind, order: Bool = true, difference: String? = nil) -> BankLine {
        BankLine(
            day: day, line: 7, channel: .gateway, trade: .payment, serial: "202611231000001234567",
            orderNumber: order ? "TP20261123ABCDEFGHJKMN" : ClerkSamples.hostile, hasOrder: order,
            amount: Money(fen: 1_234_567), fee: Money(fen: 30), kind: kind, difference: difference)
    }

    static let reserveLines = [
        ReserveLine(
            day: day.adding(days: 1), serial: "RS2026112400000001", change: Money(fen: 1_233_487),
            counterparty: "中国银联股份有限公司", purpose: "商户清算 20261123", settlementDate: day),
        ReserveLine(
            day: day, serial: "RS2026112300000002", change: Money(fen: -10_000),
            counterparty: ClerkSamples.hostile,
            purpose: "自有资金", settlementDate: nil),
    ]

    static func dayPage(
        _ found: ReconciliationDay, lines: [BankLine] = [], query: [(name: String, value: String)] = [],
        differences: [Difference] = [], reserveLines: [ReserveLine] = [], hasAttempts: Bool = true,
        isSettledAtZero: Bool = false
    ) -> ReconciliationDayPage {
        let details = ReconciliationDayDetails(
            day: found,
            attempts: hasAttempts
                ? [attempt(.accepted, "777290058110097_20261123.zip"), attempt(.absent, "98")] : [],
            lines: lines, hasMoreLines: !lines.isEmpty, reserveLines: reserveLines,
            isSettledAtZero: isSettledAtZero)
        return
            (try? ReconciliationDayPage(
                layout: operations, details: details,
                query: BankLineQuery(found.day, FormFields(pairs: query)), differences: differences))
            ?? { preconditionFailure("sample sums overflow") }()
    }

    /// What came in went out again.
    static let zeroNet = ReconciliationDay(
        day: day,
        file: ReconciliationDay.File(
            name: "777290058110097_20261123.zip", acceptedAt: moment,
            stated: BankFiles.Ending.Totals(lines: 2, net: 0), adjustments: 0),
        attempts: 1, lastAttempt: attempt(.accepted, "777290058110097_20261123.zip"),
        sums: [
            sum(.gateway, .payment, .matched, lines: 1, fen: 550_000),
            sum(.payout, .payout, .matched, lines: 1, fen: 550_000),
        ], cases: [], reserve: nil)

    static let dayPages: [Sample] = [
        Sample("zero-net", dayPage(zeroNet, isSettledAtZero: true)),
        Sample("empty", dayPage(without(nil), hasAttempts: false)),
        Sample("no-trade", dayPage(without(attempt(.absent, "98"), file: noTrade))),
        Sample(
            "typical",
            dayPage(
                typical,
                lines: [
                    line(.matched), line(.bankOnly, order: false, difference: "DF20261123ABCDEFGHJKMN"),
                ],
                query: [("class", "all"), ("channel", "unionpay-b2b")],
                differences: [difference(.open, order: false)], reserveLines: reserveLines)),
    ]

    // MARK: Differences

    static func difference(
        _ state: DifferenceState, kind: DifferenceClass = .bankOnly, channel: Channel = .gateway,
        order: Bool = true, isNamed: Bool = false, serial: String? = "202611231000001234567",
        parking: Parking = .receipt, isBorne: Bool = false, handling: Handling? = nil,
        topUp: TopUpStatus? = nil
    ) -> Difference {
        let isKnown = order || isNamed
        return Difference(
            id: 9, number: "DF20261123ABCDEFGHJKMN", channel: channel, kind: kind, settlementDate: day,
            orderNumber: order ? "TP20261123ABCDEFGHJKMN" : nil,
            serial: kind == .cutOff ? nil : serial,
            bankAmount: kind == .cutOff ? nil : Money(fen: 550_000),
            ourAmount: order ? Money(fen: 560_000) : nil, detail: "银行收款，没有对应的充值订单", parking: parking,
            amount: parking == .none ? .zero : Money(fen: 550_000), isBorne: isBorne, state: state,
            handling: handling,
            enterprise: isKnown ? Enterprise.ID(rawValue: 1) : nil,
            enterpriseName: isKnown ? ClerkSamples.hostile : nil,
            merchantNumber: isKnown ? "M43010001000016" : nil,
            reason: handling == nil ? "" : ClerkSamples.hostile, version: 2, raisedAt: moment,
            stateSince: moment, topUp: topUp, orderID: order ? 7 : nil)
    }

    static let hostileStep = Differences.Step(
        event: "handlingProposed", state: .proposed, at: moment.addingTimeInterval(3600),
        staff: StaffMember.ID(rawValue: 3), actorName: "苏平", note: ClerkSamples.hostile)

    /// The page of a case, as one member of staff sees it.
    static func page(
        _ found: Difference, role: StaffRole = .operations, id: Int64 = 3, isBare: Bool = false,
        reserveLine: ReserveLine? = nil, billerLines: [BillerStatementLine] = [], refund: RefundStatus? = nil,
        fields: [(name: String, value: String)] = [], error: DifferenceError? = nil
    ) -> DifferencePage {
        let first = Differences.Step(
            event: "found", state: .open, at: moment, staff: nil, actorName: nil, note: found.detail)
        let other = Differences.Step(
            event: "laterFileMatched", state: .selfCleared, at: moment.addingTimeInterval(7200), staff: nil,
            actorName: nil, note: "")
        let postings = [
            PostedLine(
                code: "P02", bookedAt: moment, account: .bankClearing, owner: "unionpay-b2b",
                item: "2026-11-23", amount: Money(fen: 550_000)),
            PostedLine(
                code: "P02", bookedAt: moment, account: .unidentifiedReceipts, owner: "unionpay-b2b",
                item: "DF20261123ABCDEFGHJKMN", amount: Money(fen: -550_000)),
        ]
        let order = DifferenceDetails.Order(
            kind: .topUp, number: "TP20261123ABCDEFGHJKMN", amount: Money(fen: 560_000), createdAt: moment,
            state: "inReview", writeOff: "none", serial: nil, settlementDate: nil)
        return DifferencePage(
            layout: operations,
            details: DifferenceDetails(
                difference: found,
                steps: found.state == .open || found.state == .waitingCutOff
                    ? [first] : found.state == .selfCleared ? [first, other] : [first, hostileStep],
                lines: isBare || reserveLine != nil ? [] : [line(.bankOnly)], reserveLine: reserveLine,
                billerLines: billerLines,
                order: found.orderNumber == nil ? nil : order, postings: isBare ? [] : postings,
                refund: refund.map {
                    DifferenceDetails.ReceiptReturn(number: "RF20261123ABCDEFGHJKMN", state: $0)
                }),
            for: member(role, id: id), command: "c", fields: FormFields(pairs: fields), error: error)
    }

    static func list(
        _ pairs: [(name: String, value: String)], _ differences: [Difference], hasMore: Bool = false
    ) -> DifferenceListPage {
        let fields = FormFields(pairs: pairs)
        var errors: [FieldError] = []
        let query = DifferenceListQuery(fields, errors: &errors)
        return DifferenceListPage(
            layout: operations, query: query, differences: differences, hasMore: hasMore, fields: fields,
            errors: errors)
    }

    static let lists: [Sample] = [
        Sample("empty", list([], [])),
        Sample("no-results", list([("state", "resolved"), ("class", "duplicate")], [])),
        Sample("error", list([("day", ClerkSamples.hostile)], [])),
        Sample(
            "typical",
            list(
                [("state", "waiting")],
                [
                    difference(.open, order: false), difference(.proposed, handling: .credited),
                    difference(.waitingCutOff, kind: .cutOff, parking: .none),
                ], hasMore: true)),
    ]

    static let states: [Sample] = [
        Sample("open", page(difference(.open))),
        Sample(
            "waitingCutOff", page(difference(.waitingCutOff, kind: .cutOff, parking: .none), isBare: true)),
        Sample("waitsForBank", page(difference(.open, kind: .stateDiffers, topUp: .lateDebited))),
        Sample(
            "neverSettled",
            page(
                difference(.open, kind: .oursOnly, serial: nil, parking: .none, topUp: .inReview),
                isBare: true)),
        Sample("selfCleared", page(difference(.selfCleared, parking: .none))),
        Sample("proposed", page(difference(.proposed, handling: .credited), role: .supervisor, id: 4)),
        Sample("resolved", page(difference(.resolved, handling: .returned), refund: .accepted)),
        Sample(
            "reserve",
            page(
                difference(.open, channel: .reserve, order: false),
                reserveLine: reserveLines[1])),
        Sample(
            "biller",
            page(
                difference(
                    .open, kind: .amountDiffers, channel: .biller, serial: "CSWATER/BP20261123ABCDEFGHJKMN",
                    parking: .none), isBare: true,
                billerLines: [
                    BillerStatementLine(
                        day: day, line: 12, paymentNumber: "BP20261123ABCDEFGHJKMN",
                        serial: ClerkSamples.hostile, customerNumber: "10012345",
                        amount: Money(fen: 550_000), writtenOffAt: moment, kind: .amountDiffers)
                ])),
        Sample(
            "biller-denies",
            page(difference(.open, kind: .oursOnly, channel: .biller, parking: .none), isBare: true)),
    ]

    static let proposals: [Sample] = [
        Sample("empty", page(difference(.open, order: false))),
        Sample(
            "error",
            page(
                difference(.open, order: false),
                fields: [
                    ("handling", "credited"), ("reason", ClerkSamples.hostile), ("merchantNumber", "M1"),
                ],
                error: .enterpriseUnknown)),
        Sample(
            "borne-before",
            page(difference(.open, channel: .payout, order: false, isBorne: true), isBare: true)),
        Sample(
            "handling-missing",
            page(difference(.open), fields: [("reason", ClerkSamples.hostile)], error: .unfitting)),
        Sample("reason-missing", page(difference(.open), error: .reasonMissing)),
        Sample(
            "closed", page(difference(.open), fields: [("handling", "credited")], error: .enterpriseClosed)),
        Sample("for-a-reader", page(difference(.open), role: .auditor)),
    ]

    static let decisions: [Sample] = [
        Sample("own-proposal", page(difference(.proposed, handling: .charged))),
        Sample(
            "proposal-for-a-reader", page(difference(.proposed, handling: .charged), role: .auditor, id: 4)),
        Sample(
            "return-error",
            page(
                difference(.proposed, order: false, isNamed: true, handling: .credited), role: .supervisor,
                id: 4, error: .reasonMissing)),
        Sample("same-person", page(difference(.proposed, handling: .charged), error: .samePerson)),
        Sample("stale", page(difference(.resolved, handling: .borne), role: .supervisor, error: .stale)),
    ]

    // MARK: 待办

    static let workLists: [Sample] = [
        Sample(
            "reconciliation",
            WorkListPage(
                layout: operations,
                groups: [
                    WorkListPage.Group(
                        "待复核的对账差异", id: "proposals",
                        [difference(.proposed, order: false), difference(.proposed, handling: .credited)],
                        at: moment.addingTimeInterval(7200)),
                    WorkListPage.Group(
                        "待处理的对账差异", id: "differences",
                        [
                            difference(.open, order: false), difference(.open, order: false, isNamed: true),
                            difference(.open),
                        ], at: moment.addingTimeInterval(7200)),
                    WorkListPage.Group(
                        "待取得的对账文件", id: "files",
                        [
                            OpenWorkItem(
                                id: 11, detail: "2026-11-23 的对账文件没有取得或无法采信，仍在自动重试，请联系银行",
                                raisedAt: moment, order: nil, settlementDate: day),
                            OpenWorkItem(
                                id: 12, detail: "长沙清源水务 2026-11-23 的对账单没有取得或无法采信，仍在自动重试，请联系收费单位",
                                raisedAt: moment, order: nil, settlementDate: day, isAboutBiller: true),
                        ], at: moment.addingTimeInterval(7200)),
                ]))
    ]
}
