import Foundation

@testable import Payments
@testable import Portal

/// Samples of what clerks see. Times, numbers and people are fixed.
enum ClerkSamples {
    static let moment = Date(timeIntervalSince1970: 1_795_399_200)
    static let hostile = "甲<script>alert(1)</script>\"'&有限责任公司"
    static let layout = Layout(enterpriseName: "湖南星沙示例实业有限公司", operatorName: "陈晓", csrf: "csrf-token")
    static let layoutWithNews = {
        var copy = layout
        copy.unreadMessages = "99+"
        return copy
    }()
    static let visit = Layout(csrf: "visit-token")
    static let huge = Money(fen: 999_999_999_999)

    static let all: [Sample] =
        home + account + topUpForms + topUps + billForms + billPayments + withdrawalForms + withdrawals
        + statements + reconciliations + messages
        + access

    // MARK: Domain values

    static func reference(_ kind: OrderKind, _ number: String, fen: Int64 = 1_234_567) -> OrderReference {
        OrderReference(
            id: 7, kind: kind, number: number, enterprise: Enterprise.ID(rawValue: 1),
            amount: Money(fen: fen), fee: .zero)
    }

    static func topUp(_ status: TopUpStatus, fen: Int64 = 1_234_567, isDirect: Bool = true) -> TopUp {
        TopUp(
            reference: reference(.topUp, "TP20261123ABCDEFGHJKMN", fen: fen), status: status,
            bankCode: "ICBC",
            bankName: "中国工商银行", isDirect: isDirect, transactionTime: "20261123100000",
            payUntil: moment.addingTimeInterval(72 * 3600),
            createdAt: moment, stateSince: moment.addingTimeInterval(60),
            bankSerial: status == .credited ? "202611231000001234567" : nil,
            nextQuestionAt: status.isFinal ? nil : moment.addingTimeInterval(120))
    }

    static func events(_ names: [(String, String)], writeOff: String = "none") -> [OrderEvent] {
        names.enumerated().map { place, name in
            OrderEvent(
                event: name.0, state: name.1, writeOff: writeOff,
                happenedAt: moment.addingTimeInterval(Double(place) * 30),
                actorKind: place == 0 ? "operator" : "system", actorName: place == 0 ? "陈晓" : nil, note: "")
        }
    }

    static let biller = Biller(
        code: "CSWATER", name: "长沙清源水务（模拟）", cityCode: "430100", billItem: "water", amountRule: .exact,
        numberLabel: "户号", numberPattern: "[1-9][0-9]{7}", numberHint: "8 位数字，例如 10012345",
        least: Money(fen: 1),
        most: Money(fen: 50_000_000), address: "http://localhost:8090/billers/CSWATER")

    static func biller(code: String, city: String) -> Biller {
        Biller(
            code: code, name: "收费单位 \(code)", cityCode: city, billItem: "water", amountRule: .exact,
            numberLabel: "户号", numberPattern: "[0-9]{8}", numberHint: "8 位数字", least: Money(fen: 1),
            most: Money(fen: 50_000_000), address: "http://localhost:8090/billers/X")
    }

    static func biller(_ rule: Biller.AmountRule) -> Biller {
        Biller(
            code: "CS\(rule.rawValue.uppercased())", name: "收费单位 \(rule.rawValue)", cityCode: "430100",
            billItem: "water", amountRule: rule, numberLabel: "户号", numberPattern: "[0-9]{8}",
            numberHint: "8 位数字",
            least: Money(fen: 1), most: Money(fen: 50_000_000), address: "http://localhost:8090/billers/X")
    }

    static let bills = [
        Bill(billNumber: "B202609", period: "2026-09", principal: 12_345, lateFee: 123, amount: 12_468),
        Bill(billNumber: "B202610", period: "2026-10", principal: 23_456, lateFee: 0, amount: 23_456),
    ]

    static func query(
        _ biller: Biller = biller, outcome: BillQuery.Outcome = .answered, bills: [Bill] = bills,
        name: String = "湖南**示例**公司"
    ) -> BillQuery {
        BillQuery(
            id: 3, number: "BQ20261123ABCDEFGHJKMN", biller: biller, cityName: "长沙市", itemName: "水费",
            customerNumber: "10012345", customerName: name, outcome: outcome, bills: bills, askedAt: moment)
    }

    static let payoutAccount = PayoutAccount(
        id: RegisteredAccount.ID(rawValue: 5), bankName: "中国建设银行", tail: "1234", holderName: "湖南星沙示例实业有限公司",
        creditCode: "91430100MA4DEMA0X2", sealedNumber: [], isVerified: true)

    static func balances(_ available: Int64, _ frozen: Int64 = 0) -> Balances {
        // Both are far from the edge of the range.
        (try? Balances(available: Money(fen: available), frozen: Money(fen: frozen)))
            ?? { preconditionFailure("sample balances overflow") }()
    }

    static func offer(
        _ available: Int64 = 5_000_000, account: PayoutAccount? = payoutAccount,
        promise: ArrivalPromise = promise(), pauseNotice: String? = nil
    )
        -> WithdrawalOffer
    {
        WithdrawalOffer(
            balances: balances(available), account: account, expected: promise, pauseNotice: pauseNotice)
    }

    static func promise(
        _ postponement: ArrivalPromise.Postponement? = nil, isCalendarKnown: Bool = true,
        cutOff: CutOff? = CutOff(minutes: 960)
    ) -> ArrivalPromise {
        let first = postponement == nil ? LocalDate(moment) : LocalDate(moment).adding(days: 1)
        return ArrivalPromise(
            from: first.adding(days: 1), until: first.adding(days: 3), isCalendarKnown: isCalendarKnown,
            countedFrom: first, postponement: postponement, cutOff: cutOff)
    }

    static let movements = [
        Movement(
            entry: 42, bookedAt: moment, code: "P20", kind: .billPayment,
            orderNumber: "BP20261123ABCDEFGHJKMN",
            counterparty: hostile, income: nil, expense: Money(fen: 35_924), balance: Money(fen: 964_076),
            state: "paid", writeOff: "writtenOff"),
        Movement(
            entry: 41, bookedAt: moment.addingTimeInterval(-3600), code: "P01", kind: .topUp,
            orderNumber: "TP20261123ABCDEFGHJKMN", counterparty: "中国工商银行", income: Money(fen: 1_000_000),
            expense: nil,
            balance: Money(fen: 1_000_000), state: "credited", writeOff: "none"),
        Movement(
            entry: 40, bookedAt: moment.addingTimeInterval(-7200), code: "P03", kind: .topUp,
            orderNumber: "DF20261123ABCDEFGHJKMN", hasOrder: false, counterparty: "银联企业网银支付",
            income: Money(fen: 5_500), expense: nil, balance: Money(fen: 5_500), state: "credited",
            writeOff: "none"),
    ]

    static let holds = [
        Hold(
            kind: .withdrawal, orderNumber: "WD20261123ABCDEFGHJKMN", counterparty: "中国建设银行 尾号 1234",
            amount: Money(fen: 20_000), since: moment, state: "unknown", writeOff: "none")
    ]

    static let openOrders = [
        OpenOrder(
            kind: .withdrawal, number: "WD20261123ABCDEFGHJKMN", counterparty: "中国建设银行 尾号 1234",
            amount: Money(fen: 20_000), createdAt: moment, state: "atBank", writeOff: "none")
    ]

    static let trend = (0..<30).map {
        (day: LocalDate(moment).adding(days: $0 - 29), balance: Money(fen: Int64($0) * 1_000_000))
    }

    // MARK: Pages

    static let home = [Sample("typical", HomePage(layout: .signedOut))]

    static let account: [Sample] = [
        Sample(
            "empty",
            AccountPage(
                layout: layout, at: moment, merchantNumber: "M43010001000016", enterpriseState: .active,
                balances: balances(0), movements: [], openOrders: [])),
        Sample(
            "typical",
            AccountPage(
                layout: layout, at: moment,
                lastSignIn: (moment.addingTimeInterval(-86_400), "2001:db8::1"),
                merchantNumber: "M43010001000016", enterpriseState: .outgoingStopped,
                balances: balances(964_076, 20_000), movements: movements,
                openOrders: openOrders.map(AccountPage.OpenOrder.init))),
        Sample(
            "month",
            AccountPage(
                layout: layout, at: moment, merchantNumber: "M43010001000016", enterpriseState: .active,
                balances: balances(964_076, 20_000), inTransit: Money(fen: 20_000),
                turnover: AccountPage.Turnover(
                    todayIncome: Money(fen: 1_000_000), todayExpense: Money(fen: 35_924),
                    monthIncome: huge, monthExpense: Money(fen: 35_924)),
                movements: movements, openOrders: openOrders.map(AccountPage.OpenOrder.init),
                registeredAccount: StaffSamples.registeredAccount(.verified),
                charts: AccountCharts(
                    balances: trend, spending: [("水费", Money(fen: 35_924)), (hostile, Money(fen: 1_200))]))),
        Sample(
            "no-spending",
            AccountPage(
                layout: layout, at: moment, merchantNumber: "M43010001000016", enterpriseState: .active,
                balances: balances(1_000_000), movements: [movements[1]], openOrders: [],
                charts: AccountCharts(balances: trend, spending: []))),
    ]

    static let banks = [
        BankName(code: "ICBC", name: "中国工商银行", isSuggested: true),
        BankName(code: "CCB", name: "中国建设银行", isSuggested: true),
    ]

    /// Settings of a bank, changed from what most have.
    static func bankSettings(_ change: (inout TopUpBankSettings) -> Void = { _ in }) -> TopUpBankSettings {
        var settings = TopUpBankSettings(isOn: true, isDirect: true, isSuggested: true)
        change(&settings)
        return settings
    }

    static func topUpBank(
        _ code: String, _ name: String, _ initials: String, version: Int = 0,
        _ settings: TopUpBankSettings = bankSettings()
    ) -> TopUpBank {
        TopUpBank(code: code, name: name, initials: initials, version: version, settings: settings)
    }

    /// Ten banks: the usual ones in several conditions, two of the rest, and one that only a search finds.
    static let topUpBanks = [
        topUpBank("ICBC", "中国工商银行", "ZGGSYH"),
        topUpBank(
            "ABC", "中国农业银行", "ZGNYYH",
            bankSettings { $0.maintenance = [.daily(from: 540, until: 630)] }),
        topUpBank(
            "BOC", "中国银行", "ZGYH",
            bankSettings {
                $0.isOn = false
                $0.notice = hostile
            }),
        topUpBank(
            "CCB", "中国建设银行", "ZGJSYH",
            bankSettings {
                $0.least = Money(fen: 100)
                $0.most = Money(fen: 500_000_000)
                $0.mostPerDay = Money(fen: 1_000_000_000)
            }),
        topUpBank("COMM", "交通银行", "JTYH", bankSettings { $0.most = huge }),
        topUpBank("PSBC", "中国邮政储蓄银行", "ZGYZCXYH", bankSettings { $0.least = Money(fen: 10_000) }),
        topUpBank("CMB", "招商银行", "ZSYH"), topUpBank("SPDB", "浦发银行", "PFYH"),
        topUpBank("CIB", "兴业银行", "XYYH"), topUpBank("CSCB", "长沙银行", "CSYH"),
        topUpBank("HSSB", "衡水市商业银行", "HSSSYYH", bankSettings { $0.isSuggested = false }),
    ]

    static func topUpForm(
        _ state: EnterpriseState = .active, amount: String = "", bank: String? = nil, search: String = "",
        banks: [TopUpBank] = topUpBanks, lastUsed: String? = nil, available: Money = huge,
        twin: String? = nil, pauseNotice: String? = nil, isRefused: Bool = false, errors: [FieldError] = []
    ) -> NewTopUpPage {
        NewTopUpPage(
            layout: layout, enterpriseState: state, command: "c", amount: amount, bank: bank, search: search,
            choices: TopUpChoices(
                banks: banks, lastUsed: lastUsed, usedToday: ["CCB": Money(fen: 999_000_000)]),
            available: available, at: moment, twin: twin, pauseNotice: pauseNotice, isRefused: isRefused,
            errors: errors)
    }

    static let topUpForms: [Sample] = [
        Sample("empty", topUpForm(banks: [topUpBanks[0]], available: .zero)),
        Sample("typical", topUpForm(lastUsed: "CCB")),
        Sample("last-used-rests", topUpForm(lastUsed: "ABC")),
        Sample(
            "error",
            topUpForm(
                amount: hostile, lastUsed: "CCB",
                errors: [FieldError("amount", "充值金额只能是数字，例如 1,234.56"), FieldError("bank", "请选择付款行")])),
        Sample("found", topUpForm(amount: "100.00", search: "hss", lastUsed: "CCB")),
        Sample("found-several", topUpForm(search: "中国", lastUsed: "CCB")),
        Sample("not-found", topUpForm(search: hostile, lastUsed: "CCB")),
        Sample(
            "found-before",
            topUpForm(
                amount: "1", bank: "HSSB", lastUsed: "CCB", errors: [FieldError("amount", "所选银行单笔至少 2.00 元")])
        ),
        Sample(
            "twin", topUpForm(amount: "12,345.67", bank: "ICBC", twin: "TP20261123ABCDEFGHJKMN")),
        Sample("outgoing-stopped", topUpForm(.outgoingStopped)),
        Sample("frozen", topUpForm(.frozen, isRefused: true)),
        Sample("paused", topUpForm(pauseNotice: hostile, isRefused: true)),
    ]

    static let topUps: [Sample] =
        TopUpStatus.allCases.map { status in
            Sample(
                status.state,
                TopUpPage(
                    layout: layout, topUp: topUp(status),
                    events: events([
                        ("ordered", "created"), ("handedOff", "atBank"), ("answerUnclear", "atBank"),
                    ]),
                    movements: status == .credited ? [movements[1]] : [], payee: PortalSettings.payee))
        } + [
            Sample(
                "created-by-gateway",
                TopUpPage(
                    layout: layout, topUp: topUp(.created, isDirect: false),
                    events: events([("ordered", "created")]), payee: PortalSettings.payee)),
            Sample(
                "created-bank-rests",
                TopUpPage(
                    layout: layout, topUp: topUp(.created), events: events([("ordered", "created")]),
                    payee: PortalSettings.payee,
                    availability: .maintenance(until: moment.addingTimeInterval(1800)))),
            Sample(
                "created-bank-off",
                TopUpPage(
                    layout: layout, topUp: topUp(.created), events: events([("ordered", "created")]),
                    payee: PortalSettings.payee, availability: .off)),
            Sample(
                "created-paused",
                TopUpPage(
                    layout: layout, topUp: topUp(.created), events: events([("ordered", "created")]),
                    payee: PortalSettings.payee, pause: "银行系统升级")),
            Sample(
                "by-gateway",
                BankHandOffPage(
                    layout: layout, topUp: topUp(.atBank, isDirect: false), payee: PortalSettings.payee,
                    action: "http://localhost:8090/gateway/api/frontTransReq.do",
                    inputs: [("merId", "777290058110097"), ("signature", "a+b/c==")])),
            Sample(
                "typical",
                BankHandOffPage(
                    layout: layout, topUp: topUp(.atBank, fen: 999_999_999_999), payee: PortalSettings.payee,
                    action: "http://localhost:8090/gateway/api/frontTransReq.do",
                    inputs: [("merId", "777290058110097"), ("signature", "a+b/c==")])),
            Sample("unknown", BankReturnPage(layout: .signedOut, number: nil, status: nil)),
        ]
        + TopUpStatus.allCases.map { status in
            Sample(
                status.state,
                BankReturnPage(layout: .signedOut, number: "TP20261123ABCDEFGHJKMN", status: status))
        }

    static func choice(
        notice: Notice? = nil, _ errors: [FieldError] = [], state: EnterpriseState = .active
    ) -> NewBillPaymentPage {
        NewBillPaymentPage(
            layout: layout, enterpriseState: state, cities: [("430100", "长沙市")],
            items: [BillItem(code: "water", name: "水费")], billers: [biller], home: ("430100", "长沙市"),
            choice: NewBillPaymentPage.Choice(
                city: "430100", item: errors.isEmpty ? "" : "water", biller: errors.isEmpty ? "" : "CSWATER",
                customerNumber: errors.isEmpty ? "" : hostile),
            available: Money(fen: 964_076), notice: notice, errors: errors)
    }

    /// The first step for a company of a city that has no biller.
    static func emptyCity(cities: [(code: String, name: String)]) -> NewBillPaymentPage {
        NewBillPaymentPage(
            layout: layout, cities: cities, items: [], billers: [], home: ("430400", "衡阳市"),
            choice: NewBillPaymentPage.Choice(city: "430400"), available: Money(fen: 964_076))
    }

    /// A page of bills; the sums of the samples are far from the edge of the range.
    static func billPage(
        _ query: BillQuery, chosen: [String]? = nil, typed: String? = nil, errors: [FieldError] = []
    ) -> BillPage {
        (try? BillPage(
            layout: layout, query: query, cityName: "长沙市", itemName: "水费", available: Money(fen: 964_076),
            command: "c", chosen: chosen,
            typedAmount: typed, errors: errors)) ?? { preconditionFailure("sample bills overflow") }()
    }

    static let plan = BillPayments.Plan(
        bills: bills, amount: Money(fen: 35_924), arrears: Money(fen: 35_924), prepaid: .zero)

    static func confirmation(
        available: Int64, of query: BillQuery = query(name: hostile), plan: BillPayments.Plan = plan,
        replaced: BillPayment? = nil, notice: Notice? = nil, refusal: (any Error)? = nil
    ) -> ConfirmBillPaymentPage {
        ConfirmBillPaymentPage(
            layout: layout, query: query, plan: plan, cityName: "长沙市", itemName: "水费",
            available: Money(fen: available), command: "c", payer: "M43010001000016", replaced: replaced,
            notice: notice, refusal: refusal.flatMap { BillPaymentRefusal($0, query: query) })
    }

    static let billForms: [Sample] = [
        Sample("empty", choice()),
        Sample("error", choice([FieldError("customerNumber", "户号的格式不对，请对照提示检查")])),
        Sample("expired", choice(notice: Notice("账单查询已超过 15 分钟，请重新查询，未扣款。", .warning))),
        Sample("outgoing-stopped", choice(state: .outgoingStopped)),
        Sample("no-biller", emptyCity(cities: [("430100", "长沙市"), ("430200", hostile)])),
        Sample("no-biller-anywhere", emptyCity(cities: [])),
        Sample("empty", billPage(query(bills: []))),
        Sample("exact", billPage(query())),
        Sample("periods", billPage(query(biller(.periods)), chosen: ["B202610"])),
        Sample(
            "no-period",
            billPage(query(biller(.periods)), chosen: [], errors: [FieldError("bill", "请至少选择一笔账单")])),
        Sample("prepayment", billPage(query(biller(.prepayment), bills: []))),
        Sample("unknown-customer", billPage(query(outcome: .unknownCustomer, bills: [], name: ""))),
        Sample("unavailable", billPage(query(outcome: .unavailable, bills: []))),
        Sample(
            "error",
            billPage(
                query(biller(.prepayment)), typed: hostile,
                errors: [FieldError("amount", "缴费金额只能是数字，例如 1,234.56")])),
        Sample("empty", confirmation(available: 964_076)),
        Sample(
            "error",
            confirmation(
                available: 964_076, refusal: PaymentAuthorizationError.refused(triesLeft: 4))),
        Sample("expired", confirmation(available: 964_076, refusal: BillPaymentError.queryExpired)),
        Sample(
            "being-paid",
            confirmation(
                available: 964_076, refusal: BillPaymentError.alreadyBeingPaid("BP20261123ABCDEFGHJKMN"))),
        Sample("not-active", confirmation(available: 964_076, refusal: BillPaymentError.enterpriseNotActive)),
        Sample(
            "changed",
            confirmation(
                available: 964_076,
                plan: BillPayments.Plan(
                    bills: [bills[1]], amount: Money(fen: 23_456), arrears: Money(fen: 23_456), prepaid: .zero
                ),
                replaced: billPayment(.returnedToMaker))),
        Sample(
            "prepayment",
            confirmation(
                available: 964_076, of: query(biller(.prepayment), name: ""),
                plan: BillPayments.Plan(
                    bills: [], amount: Money(fen: 50_000), arrears: Money(fen: 35_924),
                    prepaid: Money(fen: 14_076)),
                notice: Notice("该户号已有一笔缴费在处理中（BP20261123ABCDEFGHJKMN），请确认这不是重复缴费。", .warning))),
        Sample("periods", confirmation(available: 964_076, of: query(biller(.periods)))),
        Sample("balance-short", confirmation(available: 100)),
        Sample(
            "balance-gone",
            confirmation(available: 100, refusal: BillPaymentError.balanceShort(Money(fen: 35_824)))),
    ]

    static func billPayment(
        _ status: BillPaymentStatus, bills: [Bill] = bills, customerName: String = hostile
    ) -> BillPayment {
        BillPayment(
            reference: reference(.billPayment, "BP20261123ABCDEFGHJKMN", fen: 35_924), status: status,
            biller: biller, cityName: "长沙市", itemName: "水费", customerNumber: "10012345",
            customerName: customerName, bills: bills, arrears: bills.isEmpty ? .zero : Money(fen: 35_924),
            prepaid: bills.isEmpty ? Money(fen: 35_924) : .zero, createdAt: moment,
            stateSince: moment.addingTimeInterval(5),
            billerSerial: status == .writtenOff ? "CSWATER0001" : nil,
            reason: status == .refused ? "户号已停用" : nil,
            nextQuestionAt: status.isFinal ? nil : moment.addingTimeInterval(60), changedQueryNumber: nil)
    }

    /// A payment's page; the sums of the samples are far from the edge of the range.
    static func billPaymentPage(
        _ status: BillPaymentStatus, bills: [Bill] = bills, customerName: String = hostile,
        changed: BillQuery? = nil
    ) -> BillPaymentPage {
        (try? BillPaymentPage(
            layout: layout, payment: billPayment(status, bills: bills, customerName: customerName),
            events: events([("submitted", "ready"), ("sendStarted", "sending"), ("noAnswer", "unknown")]),
            movements: status == .writtenOff ? [movements[0]] : [], cityName: "长沙市", changed: changed))
            ?? { preconditionFailure("sample bills overflow") }()
    }

    static let billPayments: [Sample] =
        BillPaymentStatus.allCases.map { status in
            Sample("\(status.state)-\(status.writeOff)", billPaymentPage(status))
        } + [
            Sample("prepayment", billPaymentPage(.writtenOff, bills: [], customerName: "")),
            Sample(
                "changed",
                billPaymentPage(
                    .returnedToMaker,
                    changed: query(bills: [
                        bills[0],
                        Bill(
                            billNumber: "B202610", period: "2026-10", principal: 23_456, lateFee: 235,
                            amount: 23_691),
                    ]))),
            Sample("changed-to-nothing", billPaymentPage(.returnedToMaker, changed: query(bills: []))),
        ]

    static let withdrawalForms: [Sample] = [
        Sample("empty", NewWithdrawalPage(layout: layout, offer: offer(), command: "c")),
        Sample("no-account", NewWithdrawalPage(layout: layout, offer: offer(account: nil), command: "c")),
        Sample("no-balance", NewWithdrawalPage(layout: layout, offer: offer(0), command: "c")),
        Sample(
            "outgoing-stopped",
            NewWithdrawalPage(
                layout: layout, enterpriseState: .outgoingStopped, offer: offer(), command: "c",
                amount: "100.00",
                isRefused: true)),
        Sample(
            "error",
            NewWithdrawalPage(
                layout: layout, offer: offer(promise: promise(cutOff: nil)), command: "c",
                amount: hostile,
                errors: [FieldError("amount", "提现金额只能是数字，例如 1,234.56")])),
        Sample(
            "paused",
            NewWithdrawalPage(
                layout: layout, offer: offer(promise: promise(.restDay), pauseNotice: hostile), command: "c")),
        Sample(
            "empty",
            ConfirmWithdrawalPage(
                layout: layout, offer: offer(), account: payoutAccount, amount: Money(fen: 100_000),
                command: "c")),
        Sample(
            "error",
            ConfirmWithdrawalPage(
                layout: layout, offer: offer(promise: promise(isCalendarKnown: false)),
                account: payoutAccount,
                amount: Money(fen: 100_000),
                command: "c",
                errors: [
                    FieldError("paymentPassword", PaymentAuthorizationError.refused(triesLeft: 1).sentence)
                ])),
        Sample(
            "later",
            ConfirmWithdrawalPage(
                layout: layout, offer: offer(promise: promise(.cutOff)), account: payoutAccount,
                amount: Money(fen: 100_000), command: "c", isPromiseLater: true)),
        Sample(
            "paused",
            ConfirmWithdrawalPage(
                layout: layout, offer: offer(pauseNotice: hostile), account: payoutAccount,
                amount: Money(fen: 100_000), command: "c")),
    ]

    static func withdrawal(
        _ status: WithdrawalStatus, promise: ArrivalPromise = promise(), pauseNotice: String? = nil
    ) -> Withdrawal {
        Withdrawal(
            reference: reference(.withdrawal, "WD20261123ABCDEFGHJKMN", fen: 100_000), status: status,
            account: payoutAccount, promise: promise, transactionTime: "20261123100001", createdAt: moment,
            stateSince: moment.addingTimeInterval(20),
            bankSerial: status == .paid ? "202611231000001234568" : nil,
            reason: status == .refused ? "账户已销户" : nil,
            nextQuestionAt: status.isFinal ? nil : moment.addingTimeInterval(180), pauseNotice: pauseNotice,
            givesFeeBack: false)
    }

    static let withdrawals: [Sample] =
        WithdrawalStatus.allCases.map { status in
            Sample(
                status.state,
                WithdrawalPage(
                    layout: layout, withdrawal: withdrawal(status),
                    events: events([
                        ("submitted", "accepted"), ("sendStarted", "sending"), ("bankAccepted", "atBank"),
                    ])))
        } + [
            Sample(
                "paused",
                WithdrawalPage(
                    layout: layout,
                    withdrawal: withdrawal(.accepted, promise: promise(.cutOff), pauseNotice: hostile),
                    events: events([("submitted", "accepted")])))
        ]

    static func statement(
        _ fields: String = "", page: StatementPage = .empty, holds: [Hold] = [], hasMoreHolds: Bool = false
    ) -> MovementsPage {
        var errors: [FieldError] = []
        let form = FormFields(urlencoded: Array(fields.utf8)) ?? .empty
        let query = StatementQuery(form, today: LocalDate(moment), errors: &errors)
        let holdings = Holdings(
            balances: balances(964_076, holds.isEmpty ? 0 : 20_000), holds: holds, hasMore: hasMoreHolds)
        return
            (try? MovementsPage(
                layout: layout, query: query, page: page, holdings: holdings, today: LocalDate(moment),
                fields: form,
                errors: errors))
            ?? { preconditionFailure("sample movements overflow") }()
    }

    static func totals(_ balances: StatementBalances?) -> StatementTotals {
        StatementTotals(income: huge, expense: Money(fen: 35_924), balances: balances)
    }

    static let statements: [Sample] = [
        Sample("empty", statement()),
        Sample(
            "no-results",
            statement(
                "from=2026-01-01&until=2026-01-02",
                page: StatementPage(
                    movements: [], hasOlder: false, hasNewer: false,
                    totals: StatementTotals(
                        income: .zero, expense: .zero,
                        balances: StatementBalances(opening: huge, closing: huge))))),
        Sample(
            "typical",
            statement(
                page: StatementPage(
                    movements: movements, hasOlder: true, hasNewer: false,
                    totals: totals(StatementBalances(opening: .zero, closing: huge))), holds: holds)),
        Sample(
            "filtered",
            statement(
                "kind=billPayment&state=%E7%BC%B4%E8%B4%B9%E6%88%90%E5%8A%9F&direction=expense&least=1&most=1%2C000.00"
                    + "&counterparty=%3Cscript%3Ealert(1)&order=bp1&page=2&before=43",
                page: StatementPage(
                    movements: [movements[0]], hasOlder: false, hasNewer: true, totals: totals(nil)),
                holds: holds, hasMoreHolds: true)),
        Sample(
            "later-page",
            statement(
                "from=2026-11-01&until=2026-11-23&before=43&page=3",
                page: StatementPage(
                    movements: movements, hasOlder: false, hasNewer: true,
                    totals: totals(StatementBalances(opening: .zero, closing: huge))))),
        Sample("error", statement("from=2026-13-40&until=2026-11-01")),
        Sample(
            "error-everywhere",
            statement(
                "from=0001-01-01&until=2026-11-01&kind=x&state=x&direction=x&least=1.234&most=%3Cscript%3Ealert"
            )),
    ]

    static func reconciliation(
        _ fields: String = "", flow: Money = .zero, items: [AccountReconciliation.Item] = [],
        hasMore: Bool = false
    ) -> AccountReconciliationPage {
        var errors: [FieldError] = []
        let form = FormFields(urlencoded: Array(fields.utf8)) ?? .empty
        let days = ReconciledDays(form, today: LocalDate(moment), errors: &errors)
        let both = AccountReconciliation.Flow(income: flow, expense: flow)
        let found = AccountReconciliation(
            opening: huge, topUps: both, withdrawals: both, billPayments: both,
            others: AccountReconciliation.Flow(income: .zero, expense: .zero), closing: huge, items: items,
            hasMore: hasMore)
        return
            (try? AccountReconciliationPage(
                layout: layout, days: days, found: days == nil ? nil : found, today: LocalDate(moment),
                fields: form, errors: errors)) ?? { preconditionFailure("sample flows overflow") }()
    }

    static func side(_ fen: Int64, day: Int = 0, serial: String = "") -> AccountReconciliation.Side {
        AccountReconciliation.Side(
            day: LocalDate(moment).adding(days: day), isWithin: day <= 0, serial: serial,
            change: Money(fen: fen))
    }

    static func item(
        _ kind: OrderKind, _ booked: [AccountReconciliation.Side],
        _ settled: [AccountReconciliation.Side] = [],
        hasOrder: Bool = true, isFinal: Bool = true
    ) -> AccountReconciliation.Item {
        AccountReconciliation.Item(
            kind: kind,
            number: hasOrder ? "\(kind.numberPrefix)20261123ABCDEFGHJKMN" : "DF20261123ABCDEFGHJKMN",
            hasOrder: hasOrder, booked: booked, settled: settled, isFinal: isFinal)
    }

    static let reconciliations: [Sample] = [
        Sample("empty", reconciliation()),
        Sample(
            "typical",
            reconciliation(
                "from=2026-10-01&until=2026-11-23", flow: Money(fen: 1_234_567),
                items: [
                    item(
                        .topUp, [side(1_234_567)], [side(1_234_567, day: 1, serial: "202611241000001234567")]),
                    item(.topUp, [side(700)]),
                    item(.topUp, [], [side(6_900, serial: "202611231000001234569")]),
                    item(
                        .topUp, [side(6_900)], [side(6_900, serial: "202611231000001234570")], hasOrder: false
                    ),
                    item(.withdrawal, [side(-20_000)], isFinal: false),
                    item(.withdrawal, [side(-20_000), side(20_000)]),
                    item(
                        .withdrawal, [side(-6_000), side(6_000)],
                        [
                            side(-6_000, serial: "202611231000001234571"),
                            side(5_900, serial: "202611231000001234572"),
                        ]),
                ])),
        Sample(
            "too-many",
            reconciliation(
                "from=2025-12-01&until=2026-11-23", items: [item(.topUp, [side(1)])], hasMore: true)),
        Sample("error", reconciliation("from=2026-13-40&until=2026-11-01")),
    ]

    static func message(
        _ topic: InboxTopic, of kind: OrderKind? = nil, fen: Int64? = nil, isRead: Bool = false,
        counterparty: String = "中国工商银行"
    ) -> InboxMessage {
        InboxMessage(
            id: 42, topic: topic,
            order: kind.map {
                InboxMessage.Order(
                    kind: $0, number: "\($0.numberPrefix)20261123ABCDEFGHJKMN", counterparty: counterparty)
            },
            amount: fen.map { Money(fen: $0) }, at: moment, isRead: isRead)
    }

    static let messages: [Sample] = [
        Sample(
            "empty", MessagesPage(layout: layout, messages: [], next: nil, unreadOnly: false, isFirst: true)),
        Sample(
            "typical",
            MessagesPage(
                layout: layoutWithNews,
                messages: [
                    message(.billPaymentWrittenOff, of: .billPayment, fen: 35_924, counterparty: hostile),
                    message(.outgoingStopped),
                    message(.topUpCredited, of: .topUp, fen: 999_999_999_999, isRead: true),
                    message(.accountActivated, isRead: true),
                ], next: 42, unreadOnly: false, isFirst: true)),
        Sample(
            "nothing-unread",
            MessagesPage(layout: layout, messages: [], next: nil, unreadOnly: true, isFirst: true)),
        Sample(
            "every-topic",
            MessagesPage(
                layout: layout, messages: InboxTopic.allCases.map { message($0, isRead: true) }, next: nil,
                unreadOnly: false, isFirst: false)),
    ]

    static let access: [Sample] = [
        Sample("empty", SignInPage(layout: visit, back: nil, settings: AccessSettings())),
        Sample(
            "ended",
            SignInPage(layout: visit, back: .newTopUp, occasion: .sessionEnded, settings: AccessSettings())),
        Sample(
            "left", SignInPage(layout: visit, back: nil, occasion: .signedOut, settings: AccessSettings())),
        Sample(
            "error",
            SignInPage(
                layout: visit,
                form: SignInForm(FormFields(pairs: [("login", hostile), ("password", "x"), ("back", "")])),
                back: nil, refusal: .refused, settings: AccessSettings())),
        Sample(
            "cookie-missing",
            SignInPage(layout: visit, back: nil, refusal: .cookieMissing, settings: AccessSettings())),
        Sample("empty", activation()),
        Sample(
            "error",
            activation([
                FieldError("loginPassword", "登录密码过于常见"), FieldError("paymentPassword", "支付密码不能与登录密码相同"),
            ])),
        Sample("typical", ActivationClosedPage(layout: visit)),
        Sample("typical", ActivatedPage(layout: visit)),
    ]

    static func activation(_ errors: [FieldError] = []) -> ActivationPage {
        ActivationPage(
            layout: visit, token: "one-time-token",
            activation: Activation(
                enterpriseName: hostile, operatorName: "陈晓", loginID: "xingsha.chen", expiresAt: moment),
            errors: errors)
    }
}
