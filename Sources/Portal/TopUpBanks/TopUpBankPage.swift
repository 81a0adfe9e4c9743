import Foundation
import Payments

/// A form that was not filled in right.
struct FormFaults: Error {
    let errors: [FieldError]
}

/// The fields of 变更设置, as typed.
struct TopUpBankForm: Sendable {
    var isOn = ""
    var notice = ""
    var maintenance = ""
    var least = ""
    var most = ""
    var mostPerDay = ""
    var isDirect = ""
    var isSuggested = ""
    var reason = ""

    init(_ fields: FormFields) {
        isOn = fields["isOn"]
        notice = fields.text("notice")
        maintenance = fields.text("maintenance")
        least = fields.text("least")
        most = fields.text("most")
        mostPerDay = fields.text("mostPerDay")
        isDirect = fields["isDirect"]
        isSuggested = fields["isSuggested"]
        reason = fields.text("reason")
    }

    /// The form that proposes what is in force.
    init(_ settings: TopUpBankSettings) {
        isOn = Self.text(settings.isOn)
        notice = settings.notice
        maintenance = settings.maintenance.map(\.text).joined(separator: "\n")
        least = settings.least?.plain ?? ""
        most = settings.most?.plain ?? ""
        mostPerDay = settings.mostPerDay?.plain ?? ""
        isDirect = Self.text(settings.isDirect)
        isSuggested = Self.text(settings.isSuggested)
    }

    /// What was typed.
    ///
    /// - Throws: ``FormFaults``, all of them at once.
    func settings() throws(FormFaults) -> TopUpBankSettings {
        var errors: [FieldError] = []
        func choice(_ name: String, _ text: String, _ label: String) -> Bool {
            if text != "yes", text != "no" { errors.append(FieldError(name, "请选择\(label)")) }
            return text == "yes"
        }
        func limit(_ name: String, _ text: String, _ label: String) -> Money? {
            guard !text.isEmpty else { return nil }
            do {
                let amount = try Money(entered: text)
                if !amount.isPositive { errors.append(FieldError(name, "\(label)须大于零；没有限额请留空")) }
                return amount
            } catch {
                errors.append(FieldError(name, error.sentence(name: label)))
                return nil
            }
        }
        let isOn = choice("isOn", isOn, "是否开放充值")
        if notice.count > TopUpBankSettings.longestNotice {
            errors.append(FieldError("notice", "公告最多 \(TopUpBankSettings.longestNotice) 个字"))
        }
        let lines = maintenance.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        let windows = lines.compactMap { MaintenanceWindow(entered: String($0)) }
        if let wrong = lines.first(where: { MaintenanceWindow(entered: String($0)) == nil }) {
            errors.append(
                FieldError(
                    "maintenance", "“\(wrong)”不是维护时间，例如 23:30-00:30 或 2026-12-05 22:00 至 2026-12-06 06:00"))
        } else if windows.count > TopUpBankSettings.mostWindows {
            errors.append(FieldError("maintenance", "维护时间最多 \(TopUpBankSettings.mostWindows) 行"))
        }
        let settings = TopUpBankSettings(
            isOn: isOn, notice: notice, maintenance: windows, least: limit("least", least, "单笔最低"),
            most: limit("most", most, "单笔最高"), mostPerDay: limit("mostPerDay", mostPerDay, "单日最高"),
            isDirect: choice("isDirect", isDirect, "到达银行的方式"),
            isSuggested: choice("isSuggested", isSuggested, "在选择列表中的位置"))
        if errors.isEmpty, !settings.hasPossibleLimits {
            errors.append(FieldError("least", "单笔最低不能高于单笔最高或单日最高"))
        }
        if reason.isEmpty { errors.append(TopUpBankError.reasonMissing.fieldError(isReturning: false)) }
        guard errors.isEmpty else { throw FormFaults(errors: errors) }
        return settings
    }

    private static func text(_ isYes: Bool) -> String { isYes ? "yes" : "no" }
}

/// One bank: what is in force, what is proposed beside it, what was before, and the forms of two people.
struct TopUpBankPage: Page {
    /// One setting, in force and proposed.
    struct Fact: Sendable {
        let label: String
        let present: String
        let hasProposed: Bool
        let proposed: String
        let isChanged: Bool
    }

    /// What waits for a second person.
    struct Proposal: Sendable {
        let by: String
        let at: String
        let reason: String
    }

    /// 变更设置.
    struct ChangeForm: Sendable {
        let opening: SelectField
        let notice: TextField
        let maintenance: String
        let hasMaintenanceError: Bool
        let maintenanceError: String
        let limits: [TextField]
        let way: SelectField
        let place: SelectField
        let reason: TextField
    }

    /// 通过 and 退回.
    struct Decision: Sendable {
        let reason: TextField
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    let name: String
    let code: String
    let state: StateTag
    /// Which version is in force.
    let versionText: String
    let facts: [Fact]
    let proposal: Proposal?
    /// Why the person who sees it can do nothing, where somebody else can.
    let remark: String?
    let command: String
    /// The newest version, which an act is about.
    let version: Int
    let change: ChangeForm?
    let decision: Decision?
    let changeAddress: String
    let approvalAddress: String
    let returnAddress: String
    let hasHistory: Bool
    let timeline: Timeline

    /// - Parameters:
    ///   - versions: the newest first.
    ///   - member: who looks; decides what the page offers.
    ///   - form: as typed, where it was refused.
    init(
        layout: Layout, bank: TopUpBank, versions: [TopUpBankVersion], member: StaffMember, command: String,
        form: TopUpBankForm? = nil, returnReason: String = "", at now: Date, errors: [FieldError] = []
    ) {
        let waiting = versions.first.flatMap { $0.decision == nil ? $0 : nil }
        self.layout = layout
        hasErrors = !errors.isEmpty
        errorSummary = ErrorSummary(errors)
        name = bank.name
        code = bank.code
        state = bank.availability(at: now).tag
        versionText = bank.version == 0 ? "尚未变更过，为银行名录的初始设置" : "第 \(bank.version) 版"
        let present = bank.settings.texts
        let proposed = (waiting?.settings ?? bank.settings).texts
        facts = zip(present, proposed).map { present, proposed in
            Fact(
                label: present.label, present: present.text, hasProposed: waiting != nil,
                proposed: proposed.text, isChanged: present.text != proposed.text)
        }
        proposal = waiting.map {
            Proposal(by: $0.proposedBy, at: BeijingTime.minute($0.proposedAt), reason: $0.reason)
        }
        let isNational = member.region == .national
        let canChange = isNational && member.role == .operations && waiting == nil
        let isOwn = waiting?.proposerID == member.id
        let canDecide =
            isNational && ControlledAction.changeBank.isDecided(by: member.role) && waiting != nil && !isOwn
        remark =
            canChange || canDecide
            ? nil
            : isOwn
                ? OwnProposal.remark : waiting == nil ? "变更由负责全国的运营员提出。" : "变更等待负责全国的另一位运营员或审核员复核。"
        self.command = command
        version = versions.first?.version ?? 0
        change = canChange ? Self.changeForm(form ?? TopUpBankForm(bank.settings), errors: errors) : nil
        decision =
            canDecide
            ? Decision(
                reason: TextField(
                    "returnReason", label: "退回原因", value: returnReason, maximum: 200, errors: errors)) : nil
        changeAddress = Path.staffBankChange(bank.code).text
        approvalAddress = Path.staffBankApproval(bank.code).text
        returnAddress = Path.staffBankReturn(bank.code).text
        hasHistory = !versions.isEmpty
        timeline = Timeline(oldestFirst: versions.reversed().flatMap(Self.events))
    }

    private static func changeForm(_ form: TopUpBankForm, errors: [FieldError]) -> ChangeForm {
        func choice(_ name: String, _ label: String, _ value: String, yes: String, no: String) -> SelectField
        {
            SelectField(
                name, label: label, value: value,
                options: [SelectField.Option("yes", yes), SelectField.Option("no", no)],
                placeholder: "请选择", errors: errors)
        }
        func limit(_ name: String, _ label: String, _ value: String, hint: String) -> TextField {
            TextField(
                name, label: label, value: value, kind: .amount, hint: hint, maximum: 24, errors: errors)
        }
        let maintenanceError = errors.message(for: "maintenance")
        return ChangeForm(
            opening: choice("isOn", "开放充值", form.isOn, yes: "开放", no: "停用"),
            notice: TextField(
                "notice", label: "公告", value: form.notice, hint: "显示给企业，例如停用原因；没有请留空", maximum: 100,
                errors: errors),
            maintenance: form.maintenance, hasMaintenanceError: maintenanceError != nil,
            maintenanceError: maintenanceError ?? "",
            limits: [
                limit("least", "单笔最低（元）", form.least, hint: "没有请留空"),
                limit("most", "单笔最高（元）", form.most, hint: "没有请留空"),
                limit("mostPerDay", "单日最高（元）", form.mostPerDay, hint: "同一单位一天内合计；没有请留空"),
            ],
            way: choice("isDirect", "到达银行的方式", form.isDirect, yes: "直达银行页面", no: "经银联网关选择银行"),
            place: choice("isSuggested", "在选择列表中", form.isSuggested, yes: "直接列出", no: "查找后显示"),
            reason: TextField(
                "reason", label: "变更原因", value: form.reason, hint: "提交后由另一人复核，复核通过立即生效", maximum: 200,
                errors: errors))
    }

    /// What happened to one version, oldest first.
    private static func events(
        _ version: TopUpBankVersion
    ) -> [(title: String, note: String?, at: Date)] {
        var events: [(title: String, note: String?, at: Date)] = [
            (
                "第 \(version.version) 版：\(version.proposedBy) 提出变更",
                "\(version.reason)。\(version.settings.texts.map { "\($0.label) \($0.text)" }.joined(separator: "，"))",
                version.proposedAt
            )
        ]
        if let decision = version.decision {
            events.append(
                (
                    "第 \(version.version) 版：\(decision.by) \(decision.isGranted ? "复核通过，生效" : "退回")",
                    decision.reason, decision.at
                ))
        }
        return events
    }
}

extension TopUpBankSettings {
    /// Each setting with its label, in the order of the page.
    fileprivate var texts: [(label: String, text: String)] {
        func limit(_ amount: Money?) -> String { amount.map { "\($0.formatted) 元" } ?? "未设" }
        return [
            ("开放充值", isOn ? "开放" : "停用"),
            ("公告", notice.isEmpty ? "无" : notice),
            ("维护时间（北京时间）", maintenance.isEmpty ? "无" : maintenance.map(\.inWords).joined(separator: "；")),
            ("单笔最低", limit(least)), ("单笔最高", limit(most)), ("单日最高", limit(mostPerDay)),
            ("到达银行的方式", way), ("在选择列表中", place),
        ]
    }
}

extension MaintenanceWindow {
    /// As people read it.
    fileprivate var inWords: String {
        switch self {
        case .daily: "每日 \(text)"
        case .once: text
        }
    }
}
