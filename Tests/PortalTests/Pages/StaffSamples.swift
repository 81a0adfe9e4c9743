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

    static let all: [Sample] =
        signIn + passwords + workList + openings + approvals + enterprises + activations + messages
        + channels + withdrawalQueue + banks + StaffOrderSamples.all + RepaymentSamples.all + problems

    static let signIn: [Sample] = [
        Sample("empty", StaffSignInPage(layout: ClerkSamples.visit, back: nil, settings: AccessSettings())),
        Sample(
            "error",
            StaffSignInPage(
                layout: ClerkSamples.visit,
                form: SignInForm(
                    FormFields(pairs: [("login", ClerkSamples.hostile), ("password", ""), ("back", "")])),
                back: nil, refusal: .incomplete(login: false, password: true), settings: AccessSettings())),
        Sample(
            "ended",
            StaffSignInPage(
                layout: ClerkSamples.visit, back: .approvals, occasion: .sessionEnded,
                settings: AccessSettings())),
        Sample(
            "password-changed",
            StaffSignInPage(
                layout: ClerkSamples.visit, back: nil, occasion: .passwordChanged, settings: AccessSettings())
        ),
    ]

    static func session(mustChangePassword: Bool) -> StaffSession {
        StaffSession(
            member: StaffMember(
                id: StaffMember.ID(rawValue: 3), number: "A4301001", name: "周明", role: .accountManager,
                region: .city("430100")),
            mustChangePassword: mustChangePassword, csrf: "csrf-token", endsAt: moment)
    }

    static let passwords: [Sample] = [
        Sample("empty", StaffPasswordPage(layout: manager, session: session(mustChangePassword: false))),
        Sample("first", StaffPasswordPage(layout: manager, session: session(mustChangePassword: true))),
        Sample(
            "error",
            StaffPasswordPage(
                layout: manager, session: session(mustChangePassword: true),
                errors: StaffPasswordForm.errors(.fault(.containsOwnData)))),
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
            "reissues",
            WorkListPage(
                layout: supervisor,
                groups: [
                    WorkListPage.Group(
                        "重发激活链接的申请", id: "reissues",
                        [
                            WaitingReissue(
                                enterpriseName: ClerkSamples.hostile, merchantNumber: "M43010001000016",
                                requestedBy: "周明", requestedAt: moment.addingTimeInterval(-7200))
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
                                order: OpenWorkItem.Order(
                                    number: "WD20261123ABCDEFGHJKMN", enterpriseName: ClerkSamples.hostile))
                        ], at: moment),
                    WorkListPage.Group(
                        "反复失败的后台任务", id: "jobs",
                        [
                            OpenWorkItem(
                                id: 2, detail: "后台处理（短信 17）连续失败，仍在自动重试，请联系技术人员",
                                raisedAt: moment.addingTimeInterval(-600), order: nil)
                        ], at: moment),
                    WorkListPage.Group(
                        "银行渠道变更", id: "banks",
                        [
                            WaitingBankChange(
                                code: "CCB", name: "中国建设银行", reason: ClerkSamples.hostile, proposedBy: "吴涛",
                                proposedAt: moment.addingTimeInterval(-7200))
                        ], at: moment),
                ],
                pager: Pager(
                    summary: "对账文件、订单和后台任务：本页 2 件", first: .admin,
                    next: Path.admin.with("after", "2")))),
        Sample(
            "nothing-more",
            WorkListPage(
                layout: operations, groups: [], pager: Pager(summary: "对账文件、订单和后台任务：本页 0 件", first: .admin))),
    ]

    static let operations: Layout = {
        var layout = Layout(
            staffName: "苏平", roleLabel: "运营员", regionName: "全国", canOpenAccounts: false, canReview: false,
            csrf: "csrf-token")
        layout.canSeeBankMessages = true
        layout.seesOperations = true
        return layout
    }()

    static func opening(
        _ state: AccountOpeningState, canDecide: Bool = false, canEdit: Bool = false,
        warnings: [AccountOpeningWarning] = []
    ) -> AccountOpeningCase {
        let events: [(String, AccountOpeningState, String, String?)] = [
            ("submitted", .submitted, "周明", nil),
            ("returned", .returned, "何静", ClerkSamples.hostile),
        ]
        return AccountOpeningCase(
            number: "AO20261123ABCDEFGHJKMN", state: state, version: 2, accountManagerName: "周明",
            submittedAt: moment,
            enterpriseName: ClerkSamples.hostile, creditCode: "91430100MA4DEMA0X2",
            legalRepresentative: "刘建国",
            operatorName: "陈晓", operatorMobileMasked: "138****0201", cityName: "长沙市",
            internetBankingBankName: "中国建设银行", accountBankName: "中国建设银行", lineNumber: "105551000012",
            accountNumberTail: "1234", holderName: ClerkSamples.hostile, loginID: "xingsha.chen",
            warnings: warnings,
            merchantNumber: state == .approved ? "M43010001000016" : nil, canDecide: canDecide, isOwn: false,
            canEdit: canEdit,
            events: events.prefix(state == .returned ? 2 : 1).enumerated().map { index, event in
                AccountOpeningEvent(
                    event: event.0, state: event.1, staffName: event.2, reason: event.3,
                    at: moment.addingTimeInterval(Double(index) * 3600))
            })
    }

    static let choices = OpeningChoices(provinces: [], banks: ClerkSamples.banks, within: .national)

    static func openingForm(
        _ occasion: OpeningFormPage.Occasion = .new, form: AccountOpeningForm = AccountOpeningForm(),
        _ change: (inout AccountOpeningFaults) -> Void = { _ in }
    ) -> OpeningFormPage {
        var faults = AccountOpeningFaults()
        change(&faults)
        return OpeningFormPage(
            layout: manager.marking(.opening), occasion: occasion, form: form, command: "c", choices: choices,
            faults: faults)
    }

    static let returned = OpeningFormPage.Occasion.returned(
        opening(.returned), version: 2,
        form: {
            var form = AccountOpeningForm()
            form.enterpriseName = ClerkSamples.hostile
            form.accountNumber = "4305017836080000"
            return form
        }())

    static let openings: [Sample] = [
        Sample("empty", openingForm()),
        Sample("error", openingForm { $0.enterpriseName = .empty }),
        Sample(
            "existing",
            openingForm {
                $0.creditCode = .alreadyCustomer(
                    merchantNumber: "M43010001000016", name: ClerkSamples.hostile)
            }),
        Sample("returned", openingForm(returned, form: returned.shownForm)),
        Sample(
            "refused",
            openingForm {
                $0.enterpriseName = .notForTheBank
                $0.creditCode = .taken
                $0.operatorMobile = .belongsToStaff
                $0.holderName = .wrongCharacter
            }),
    ]

    static func decision(on opening: AccountOpeningCase, errors: [FieldError] = []) -> CaseDecision {
        CaseDecision(
            opening, role: .supervisor, csrf: "csrf-token", command: "c",
            reason: errors.isEmpty ? "" : ClerkSamples.hostile, errors: errors)
    }

    static func approval(
        _ opening: AccountOpeningCase, layout: Layout = supervisor.marking(.approvals),
        errors: [FieldError] = []
    ) -> ApprovalPage {
        ApprovalPage(
            layout: layout, opening: opening, decision: decision(on: opening, errors: errors), errors: errors)
    }

    static let waiting = opening(
        .submitted, canDecide: true, warnings: [.organizationCode, .lineNumberCheckDigit])

    static let approvals: [Sample] =
        [
            Sample(
                "empty",
                ApprovalListPage(
                    layout: supervisor.marking(.approvals), cases: [], pager: Pager(summary: "本页 0 件"))),
            Sample(
                "typical",
                ApprovalListPage(
                    layout: supervisor.marking(.approvals),
                    cases: [ApprovalListPage.Case(waiting, decision: decision(on: waiting))],
                    pager: Pager(summary: "本页 1 件"))),
            Sample("empty", approval(waiting)),
            Sample("error", approval(waiting, errors: [FieldError("reason", "请填写退回原因")])),
        ]
        + AccountOpeningState.allCases.map { state in
            Sample(
                state.rawValue,
                approval(
                    opening(state, canEdit: state == .returned), layout: manager.marking(.opening)))
        }

    static func registeredAccount(_ state: RegisteredAccountState) -> RegisteredAccount {
        RegisteredAccount(
            id: RegisteredAccount.ID(rawValue: 5), enterpriseID: Enterprise.ID(rawValue: 1), bankCode: "CCB",
            bankName: "中国建设银行", lineNumber: "105551000012", accountNumberTail: "1234",
            holderName: ClerkSamples.hostile, state: state, version: 1, accountNumberSealed: [])
    }

    /// 激活 on the page of a company, as one role sees it.
    static func activation(
        _ role: StaffRole, isAskedFor: Bool, hasExpired: Bool = true, reason: String = "",
        error: ActivationReissueError? = nil
    ) -> EnterprisePage {
        let pending = PendingActivation(
            operatorName: "陈晓", loginID: "xingsha.chen", mobileMasked: "138****0201",
            linkExpiresAt: moment.addingTimeInterval(hasExpired ? -60 : 60),
            reissue: isAskedFor
                ? ActivationReissue(
                    id: 7, reason: ClerkSamples.hostile, requestedBy: "周明", requestedAt: moment) : nil)
        let card = ReissueCard(
            pending, merchantNumber: "M43010001000016", role: role, csrf: "csrf-token", command: "c",
            reason: reason, error: error, at: moment)
        return EnterprisePage(
            layout: layout(of: role), details: details(.pendingActivation, account: .verified), role: role,
            reissue: card,
            reissueError: error)
    }

    static let activations: [Sample] = [
        Sample("activation-open", activation(.operations, isAskedFor: false, hasExpired: false)),
        Sample("activation-expired", activation(.accountManager, isAskedFor: false)),
        Sample(
            "activation-request-error",
            activation(.accountManager, isAskedFor: false, error: .reasonMissing)),
        Sample("activation-requested", activation(.accountManager, isAskedFor: true)),
        Sample("activation-decision", activation(.supervisor, isAskedFor: true)),
        Sample(
            "activation-return-error",
            activation(.supervisor, isAskedFor: true, error: .reasonMissing)),
        Sample(
            "activation-refused",
            activation(.supervisor, isAskedFor: true, reason: ClerkSamples.hostile, error: .samePerson)),
    ]

    static func enterprise(
        _ state: EnterpriseState = .active, account: RegisteredAccountState? = .verified,
        role: StaffRole = .accountManager, reason: String = "", error: RegisteredAccountError? = nil
    ) -> EnterprisePage {
        EnterprisePage(
            layout: layout(of: role), details: details(state, account: account), role: role, reason: reason,
            error: error)
    }

    /// The frame of the pages about companies, as one role sees it.
    static func layout(of role: StaffRole) -> Layout {
        let own =
            switch role {
            case .supervisor: supervisor
            case .operations: operations
            default: manager
            }
        return own.marking(.enterprises)
    }

    static func details(_ state: EnterpriseState, account: RegisteredAccountState?) -> EnterpriseDetails {
        EnterpriseDetails(
            enterprise: Enterprise(
                id: Enterprise.ID(rawValue: 1), merchantNumber: "M43010001000016", name: ClerkSamples.hostile,
                creditCode: "91430100MA4DEMA0X2", legalRepresentative: "刘建国", cityCode: "430100",
                cityName: "长沙市",
                internetBankingBankName: "中国建设银行", state: state, openedAt: moment),
            registeredAccount: account.map(registeredAccount),
            operators: OperatorState.allCases.enumerated().map { index, state in
                Operator(
                    id: Operator.ID(rawValue: Int64(index)), loginID: "xingsha.chen\(index)", name: "陈晓",
                    mobileMasked: "138****0201", state: state,
                    lastSignedInAt: state == .pendingActivation ? nil : moment)
            },
            events: [LifecycleEvent(event: "opened", state: "pendingActivation", reason: nil, at: moment)])
    }

    static func enterpriseList(_ query: [(name: String, value: String)], count: Int) -> EnterpriseListPage {
        EnterpriseListPage(
            layout: manager.marking(.enterprises), query: EnterpriseListQuery(FormFields(pairs: query)),
            page: ListPage(
                (0..<count).map { index in
                    EnterpriseSummary(
                        id: Enterprise.ID(rawValue: Int64(index)), merchantNumber: "M43010001000016",
                        name: ClerkSamples.hostile, creditCode: "91430100MA4DEMA0X2", cityName: "长沙市",
                        state: EnterpriseState.allCases[index % EnterpriseState.allCases.count],
                        openedAt: moment)
                }, limit: 6, key: \.id))
    }

    static let enterprises: [Sample] =
        [
            Sample("empty", enterpriseList([], count: 0)),
            Sample("typical", enterpriseList([], count: 7)),
            Sample(
                "no-results", enterpriseList([("q", ClerkSamples.hostile), ("state", "frozen")], count: 0)),
            Sample("no-account", enterprise(.closed, account: nil)),
            Sample("account-check-waits", enterprise(account: .manualCheck)),
            Sample(
                "account-check-refused",
                enterprise(account: .manualCheck, role: .supervisor, error: .samePerson)),
            Sample("account-check-stale", enterprise(role: .supervisor, error: .stale)),
            Sample(
                "account-check-error",
                enterprise(account: .unverified, role: .operations, error: .reasonMissing)),
            Sample(
                "account-check-error-of-refusal",
                enterprise(account: .manualCheck, role: .supervisor, error: .reasonMissing)),
        ]
        + EnterpriseState.allCases.map { Sample("enterprise-\($0.rawValue)", enterprise($0)) }
        + RegisteredAccountState.allCases.map {
            Sample("account-\($0.rawValue)", enterprise(account: $0, role: .operations))
        }

    // MARK: Banks

    static let bankLayout = operations.marking(.banks)

    static func bankList(
        _ query: [(name: String, value: String)] = [], banks: [TopUpBank] = ClerkSamples.topUpBanks
    ) -> TopUpBankListPage {
        TopUpBankListPage(
            layout: bankLayout, banks: banks, waiting: ["CCB"],
            query: TopUpBankQuery(FormFields(pairs: query)),
            at: moment)
    }

    static func member(_ role: StaffRole, _ region: Region = .national) -> StaffMember {
        StaffMember(
            id: StaffMember.ID(rawValue: 9), number: "O0000001", name: "吴涛", role: role, region: region)
    }

    /// A version of the settings of 中国建设银行; `isGranted` nil while it waits.
    static func bankVersion(_ number: Int, isGranted: Bool?, by proposer: Int64 = 1) -> TopUpBankVersion {
        TopUpBankVersion(
            version: number,
            settings: ClerkSamples.bankSettings {
                $0.isOn = false
                $0.notice = ClerkSamples.hostile
                $0.maintenance = [
                    .daily(from: 1410, until: 30),
                    .once(from: moment, until: moment.addingTimeInterval(7200)),
                ]
                $0.least = Money(fen: 200)
                $0.isDirect = false
                $0.isSuggested = false
            }, reason: "银行通知升级", proposedBy: "吴涛",
            proposerID: StaffMember.ID(rawValue: proposer), proposedAt: moment.addingTimeInterval(-7200),
            decision: isGranted.map {
                TopUpBankVersion.Decision(
                    isGranted: $0, by: "何静", reason: $0 ? nil : ClerkSamples.hostile, at: moment)
            })
    }

    static func bankPage(
        _ versions: [TopUpBankVersion] = [], member: StaffMember = member(.operations),
        form: TopUpBankForm? = nil, returnReason: String = "", errors: [FieldError] = []
    ) -> TopUpBankPage {
        let granted = versions.first { $0.decision?.isGranted == true }
        return TopUpBankPage(
            layout: bankLayout,
            bank: TopUpBank(
                code: "CCB", name: "中国建设银行", initials: "ZGJSYH", version: granted?.version ?? 0,
                settings: granted?.settings ?? ClerkSamples.topUpBanks[3].settings),
            versions: versions, member: member, command: "c", form: form, returnReason: returnReason,
            at: moment, errors: errors)
    }

    /// A form with every fault at once, and what is said to it.
    static let wrongBankForm: (form: TopUpBankForm, errors: [FieldError]) = {
        let form = TopUpBankForm(
            FormFields(pairs: [
                ("isOn", ""), ("notice", String(repeating: "长", count: 101)), ("maintenance", "夜间"),
                ("least", ClerkSamples.hostile), ("most", "0"), ("mostPerDay", "1.234"),
                ("isDirect", "maybe"),
                ("isSuggested", ""), ("reason", ""),
            ]))
        do throws(FormFaults) {
            _ = try form.settings()
            return (form, [])
        } catch {
            return (form, error.errors)
        }
    }()

    static let banks: [Sample] = [
        Sample("typical", bankList()),
        Sample("no-results", bankList([("q", ClerkSamples.hostile), ("state", "waiting")])),
        Sample("empty", bankPage()),
        Sample("error", bankPage(form: wrongBankForm.form, errors: wrongBankForm.errors)),
        Sample("own-proposal", bankPage([bankVersion(1, isGranted: nil, by: 9)])),
        Sample("waiting", bankPage([bankVersion(2, isGranted: nil), bankVersion(1, isGranted: false)])),
        Sample(
            "return-error",
            bankPage(
                [bankVersion(2, isGranted: nil), bankVersion(1, isGranted: true)],
                member: member(.supervisor),
                errors: [TopUpBankError.reasonMissing.fieldError(isReturning: true)])),
        Sample(
            "same-person",
            bankPage(
                [bankVersion(1, isGranted: nil, by: 9)],
                errors: [TopUpBankError.samePerson.fieldError(isReturning: true)])),
        Sample("granted", bankPage([bankVersion(1, isGranted: true)], member: member(.auditor))),
        Sample(
            "waiting-elsewhere",
            bankPage([bankVersion(1, isGranted: nil)], member: member(.supervisor, .province("430000")))),
    ]

    static let messages: [Sample] = [
        Sample("empty", RefusedMessagesPage(layout: manager, messages: [], isFirst: true, hasMore: false)),
        Sample(
            "typical",
            RefusedMessagesPage(
                layout: manager,
                messages: [
                    RefusedBankMessage(
                        id: 9, receivedAt: moment, problem: "与订单不符：txnAmt",
                        orderNumber: "TP20261123ABCDEFGHJKMN",
                        content: "{\"txnAmt\": \"701\"}")
                ], isFirst: false, hasMore: true)),
    ]

    // MARK: Channels and the queue of withdrawals

    static func settings(_ isPaused: Bool, cutOff: CutOff? = CutOff(minutes: 960)) -> BankChannel.Settings {
        BankChannel.Settings(isPaused: isPaused, notice: isPaused ? ClerkSamples.hostile : "", cutOff: cutOff)
    }

    static func change(_ decision: ChannelChange.Decision? = nil, by proposer: Int64 = 3) -> ChannelChange {
        ChannelChange(
            id: 7, channel: .payout, channelName: "银联代付", settings: settings(true),
            reason: ClerkSamples.hostile,
            proposedBy: "苏平", proposerID: StaffMember.ID(rawValue: proposer), proposedAt: moment,
            decision: decision)
    }

    static func channel(
        _ channel: Channel = .payout, isPaused: Bool = false, proposal: ChannelChange? = nil
    ) -> BankChannel {
        BankChannel(
            channel: channel, name: channel == .payout ? "银联代付" : "银联企业网银支付", version: 2,
            settings: settings(isPaused, cutOff: channel == .payout ? CutOff(minutes: 960) : nil),
            proposal: proposal)
    }

    static func channelPage(
        _ channel: BankChannel = channel(), changes: [ChannelChange] = [], role: StaffRole = .operations,
        form: ChannelForm? = nil, errors: [FieldError] = [], refusal: ChannelError? = nil
    ) -> ChannelPage {
        ChannelPage(
            layout: operations, channel: channel, changes: changes,
            member: StaffMember(
                id: StaffMember.ID(rawValue: 3), number: "O0000001", name: "苏平", role: role, region: .national
            ),
            command: "c", form: form, errors: errors, refusal: refusal)
    }

    static let refusedForm = ChannelForm(
        FormFields(pairs: [
            ("status", "paused"), ("cutOff", "25:00"), ("notice", ClerkSamples.hostile),
            ("reason", ClerkSamples.hostile),
        ]))

    static let decided = [true, false].map { isGranted in
        change(
            ChannelChange.Decision(
                isGranted: isGranted, reason: isGranted ? nil : ClerkSamples.hostile, decidedBy: "何静",
                decidedAt: moment.addingTimeInterval(600)))
    }

    static let channels: [Sample] = [
        Sample(
            "typical",
            ChannelListPage(
                layout: operations,
                channels: [channel(.gateway), channel(isPaused: true, proposal: change())])),
        Sample("empty", channelPage()),
        Sample("gateway", channelPage(channel(.gateway), changes: decided)),
        Sample(
            "error",
            channelPage(
                form: refusedForm,
                errors: [
                    FieldError("cutOff", "截止时间请按 16:00 的格式填写"),
                    FieldError("reason", ChannelError.reasonMissing.sentence),
                ])),
        Sample("waiting", channelPage(channel(isPaused: true, proposal: change()), changes: [change()])),
        Sample("decision", channelPage(channel(proposal: change(by: 9)), changes: [change(by: 9)] + decided)),
        Sample(
            "decision-error",
            channelPage(
                channel(proposal: change(by: 9)), role: .supervisor, form: refusedForm,
                errors: [FieldError("reason", ChannelError.reasonMissing.sentence)])),
        Sample(
            "decision-refused",
            channelPage(channel(proposal: change(by: 9)), role: .supervisor, refusal: .samePerson)),
        Sample("reader", channelPage(role: .auditor)),
        Sample("reader-waiting", channelPage(channel(proposal: change(by: 9)), role: .auditor)),
        Sample(
            "channels",
            WorkListPage(
                layout: operations,
                groups: [WorkListPage.Group("收付通道变更待复核", id: "channels", [change(by: 9)], at: moment)])),
    ]

    static func queue(
        _ query: [(name: String, value: String)] = [], count: Int = 0, totals: [WithdrawalQueueTotal] = [],
        isPaused: Bool = false
    ) -> WithdrawalQueuePage {
        let today = LocalDate(moment)
        let statuses = WithdrawalQueueFilter.statuses
        return WithdrawalQueuePage(
            layout: operations, query: WithdrawalQueueQuery(FormFields(pairs: query)),
            page: ListPage(
                (0..<count).map { index in
                    QueuedWithdrawal(
                        key: WithdrawalQueueKey(dueOn: today.adding(days: index - 2), order: Int64(index)),
                        number: "WD20261123ABCDEFGHJKMN", enterpriseName: ClerkSamples.hostile,
                        merchantNumber: "M43010001000016", channelName: "银联代付", amount: ClerkSamples.huge,
                        status: statuses[index % statuses.count], createdAt: moment,
                        nextAt: index == 5 ? nil : moment.addingTimeInterval(180),
                        pauseNotice: isPaused && index == 1 ? ClerkSamples.hostile : nil)
                }, limit: 6, key: \.key),
            totals: totals, channels: [channel(.gateway), channel(isPaused: isPaused)], today: today)
    }

    static let withdrawalQueue: [Sample] = [
        Sample("empty", queue()),
        Sample("no-results", queue([("due", "overdue"), ("state", "atBank")])),
        Sample(
            "typical",
            queue(
                count: 7,
                totals: [
                    WithdrawalQueueTotal(
                        channelName: "银联代付", due: .overdue, count: 2, sum: ClerkSamples.huge),
                    WithdrawalQueueTotal(channelName: "银联代付", due: .later, count: 5, sum: ClerkSamples.huge),
                ], isPaused: true)),
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
                    layout: .signedOut, title: Problem.title(kind),
                    problem: Problem(kind, reference: "A1B2C3D4E5F6", home: .home))),
            Sample(
                name,
                AdminProblemPage(
                    layout: manager, title: Problem.title(kind),
                    problem: Problem(kind, reference: "A1B2C3D4E5F6", home: .admin))),
        ]
    }
}
