import Foundation

@testable import Payments
@testable import Portal

/// Samples of what staff see, and of the error pages.
enum StaffSamples {
    static let moment = ClerkSamples.moment
    static let manager = Layout(
        staffName: "周明", roleLabel: "客户经理", regionName: "长沙市", canOpenAccounts: true, canReview: false,
        csrf: "csrf-token")
    static let supervisor = Layout(
        staffName: "何静", roleLabel: "审核员", regionName: "湖南省", canOpenAccounts: false, canReview: true,
        csrf: "csrf-token")

    static let all: [Sample] = signIn + workList + openings + approvals + enterprises + messages + problems

    static let signIn: [Sample] = [
        Sample("empty", StaffSignInPage(layout: ClerkSamples.visit, back: nil, settings: AccessSettings())),
        Sample(
            "error",
            StaffSignInPage(
                layout: ClerkSamples.visit,
                form: SignInForm(
                    FormFields(pairs: [("login", ClerkSamples.hostile), ("password", ""), ("back", "")])),
                back: nil, refusal: .incomplete(login: false, password: true), settings: AccessSettings())),
    ]

    static let workList: [Sample] = [
        Sample("empty", WorkListPage(layout: manager, groups: [])),
        Sample(
            "typical",
            WorkListPage(
                layout: supervisor,
                groups: [
                    WorkListPage.Group(
                        "待审核", id: "waiting",
                        [
                            AccountOpeningSummary(
                                id: 1, number: "AO20261123ABCDEFGHJKMN", state: .submitted,
                                enterpriseName: ClerkSamples.hostile, cityName: "长沙市",
                                accountManagerName: "周明",
                                submittedAt: moment.addingTimeInterval(-7200), canDecide: true)
                        ], at: moment)
                ])),
        Sample(
            "orders",
            WorkListPage(
                layout: operations,
                groups: [
                    WorkListPage.Group(
                        "待核实的订单", id: "orders",
                        [
                            OpenWorkItem(
                                id: 1, detail: "银行通知已付款，查询却答失败，请与银行核实",
                                raisedAt: moment.addingTimeInterval(-7200),
                                orderNumber: "WD20261123ABCDEFGHJKMN",
                                enterpriseName: ClerkSamples.hostile, merchantNumber: "M43010001000016")
                        ], at: moment)
                ])),
    ]

    static let operations: Layout = {
        var layout = Layout(
            staffName: "苏平", roleLabel: "运营员", regionName: "全国", canOpenAccounts: false, canReview: false,
            csrf: "csrf-token")
        layout.canSeeBankMessages = true
        return layout
    }()

    static func opening(_ state: AccountOpeningState, canDecide: Bool) -> AccountOpeningCase {
        AccountOpeningCase(
            number: "AO20261123ABCDEFGHJKMN", state: state, version: 2, accountManagerName: "周明",
            submittedAt: moment,
            enterpriseName: ClerkSamples.hostile, creditCode: "91430100MA4DEMA0X2",
            legalRepresentative: "刘建国",
            operatorName: "陈晓", operatorMobileMasked: "138****0201", cityName: "长沙市",
            internetBankingBankName: "中国建设银行", accountBankName: "中国建设银行", lineNumber: "105551000012",
            accountNumberTail: "1234", holderName: ClerkSamples.hostile, loginID: "xingsha.chen",
            warnings: [],
            merchantNumber: state == .approved ? "M43010001000016" : nil, canDecide: canDecide, isOwn: false,
            canEdit: false, events: [])
    }

    static let choices = OpeningChoices(provinces: [], banks: ClerkSamples.banks, within: .national)

    static let openings: [Sample] = [
        Sample(
            "empty",
            OpeningFormPage(
                layout: manager, occasion: .new, form: AccountOpeningForm(), command: "c", choices: choices)),
        Sample(
            "error",
            OpeningFormPage(
                layout: manager, occasion: .new, form: AccountOpeningForm(), command: "c", choices: choices,
                faults: {
                    var faults = AccountOpeningFaults()
                    faults.enterpriseName = .empty
                    return faults
                }())),
    ]

    static func decision(_ state: AccountOpeningState, canDecide: Bool, errors: [FieldError] = [])
        -> CaseDecision
    {
        CaseDecision(
            opening(state, canDecide: canDecide), role: .supervisor, csrf: "csrf-token", command: "c",
            reason: errors.isEmpty ? "" : ClerkSamples.hostile, errors: errors)
    }

    static let approvals: [Sample] = [
        Sample("empty", ApprovalListPage(layout: supervisor, cases: [], pager: Pager(summary: "本页 0 件"))),
        Sample(
            "typical",
            ApprovalListPage(
                layout: supervisor,
                cases: [
                    ApprovalListPage.Case(
                        opening(.submitted, canDecide: true), decision: decision(.submitted, canDecide: true))
                ], pager: Pager(summary: "本页 1 件"))),
        Sample(
            "empty",
            ApprovalPage(
                layout: supervisor, opening: opening(.submitted, canDecide: true),
                decision: decision(.submitted, canDecide: true))),
        Sample(
            "error",
            ApprovalPage(
                layout: supervisor, opening: opening(.submitted, canDecide: true),
                decision: decision(.submitted, canDecide: true, errors: [FieldError("reason", "请填写退回原因")]),
                errors: [FieldError("reason", "请填写退回原因")])),
        Sample(
            "approved",
            ApprovalPage(
                layout: manager, opening: opening(.approved, canDecide: false),
                decision: decision(.approved, canDecide: false))),
    ]

    static func details(_ state: RegisteredAccountState) -> EnterpriseDetails {
        EnterpriseDetails(
            enterprise: Enterprise(
                id: Enterprise.ID(rawValue: 1), merchantNumber: "M43010001000016", name: ClerkSamples.hostile,
                creditCode: "91430100MA4DEMA0X2", legalRepresentative: "刘建国", cityCode: "430100",
                cityName: "长沙市",
                internetBankingBankName: "中国建设银行", state: .active, openedAt: moment),
            registeredAccount: RegisteredAccount(
                id: RegisteredAccount.ID(rawValue: 5), enterpriseID: Enterprise.ID(rawValue: 1),
                bankCode: "CCB",
                bankName: "中国建设银行", lineNumber: "105551000012", accountNumberTail: "1234",
                holderName: ClerkSamples.hostile, state: state, version: 1, accountNumberSealed: []),
            operators: [
                Operator(
                    id: Operator.ID(rawValue: 2), loginID: "xingsha.chen", name: "陈晓",
                    mobileMasked: "138****0201",
                    state: .active, lastSignedInAt: nil)
            ],
            events: [LifecycleEvent(event: "opened", state: "pendingActivation", reason: nil, at: moment)])
    }

    static let enterprises: [Sample] = [
        Sample(
            "empty",
            EnterpriseListPage(
                layout: manager, query: EnterpriseListQuery(.empty), page: ListPage([], limit: 20, key: \.id))
        ),
        Sample(
            "typical",
            EnterpriseListPage(
                layout: manager, query: EnterpriseListQuery(.empty),
                page: ListPage(
                    [
                        EnterpriseSummary(
                            id: Enterprise.ID(rawValue: 1), merchantNumber: "M43010001000016",
                            name: ClerkSamples.hostile,
                            creditCode: "91430100MA4DEMA0X2", cityName: "长沙市", state: .active,
                            openedAt: moment)
                    ], limit: 20, key: \.id))),
        Sample(
            "typical", EnterprisePage(layout: manager, details: details(.verified), role: .accountManager)),
        Sample(
            "account-unverified",
            EnterprisePage(layout: manager, details: details(.unverified), role: .operations)),
        Sample(
            "account-check-refused",
            EnterprisePage(
                layout: supervisor, details: details(.manualCheck), role: .supervisor,
                error: .samePerson)),
        Sample(
            "account-check-stale",
            EnterprisePage(layout: supervisor, details: details(.verified), role: .supervisor, error: .stale)),
        Sample(
            "account-check-error",
            EnterprisePage(
                layout: manager, details: details(.unverified), role: .operations, error: .reasonMissing)),
    ]

    static let messages: [Sample] = [
        Sample("empty", RefusedMessagesPage(layout: manager, messages: [], hasMore: false)),
        Sample(
            "typical",
            RefusedMessagesPage(
                layout: manager,
                messages: [
                    RefusedBankMessage(
                        id: 9, receivedAt: moment, problem: "与订单不符：txnAmt",
                        orderNumber: "TP20261123ABCDEFGHJKMN",
                        content: "{\"txnAmt\": \"701\"}")
                ], hasMore: true)),
    ]

    static let problems: [Sample] = [
        ("not-found", Problem.Kind.notFound), ("forbidden", .forbidden(roles: "审核员")),
        ("stale-form", .staleForm),
        ("cookie-missing", .cookieMissing), ("bad-request", .badRequest), ("already-sent", .alreadySent),
        ("too-many-tries", .tooManyTries(wait: "5 分钟")), ("busy", .busy), ("fault", .fault),
    ].flatMap { name, kind in
        [
            Sample(
                name,
                ProblemPage(
                    layout: .signedOut, title: "出错了",
                    problem: Problem(kind, reference: "A1B2C3D4E5F6", home: .home))),
            Sample(
                name,
                AdminProblemPage(
                    layout: manager, title: "出错了",
                    problem: Problem(kind, reference: "A1B2C3D4E5F6", home: .admin))),
        ]
    }
}
