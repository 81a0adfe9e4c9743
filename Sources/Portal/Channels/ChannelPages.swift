import Foundation
import Payments

/// 收付通道: all channels and what is set on them.
struct ChannelListPage: Page {
    /// One channel.
    struct Row: Sendable {
        let name: String
        let address: String
        let state: StateTag
        let cutOff: String
        let notice: String
        /// That a change waits for a second person.
        let waiting: StateTag?
    }

    let layout: Layout
    let rows: [Row]

    init(layout: Layout, channels: [BankChannel]) {
        self.layout = layout.marking(.channels)
        rows = channels.map { channel in
            Row(
                name: channel.name, address: Path.channel(channel.channel.rawValue).text,
                state: channel.settings.tag, cutOff: channel.settings.cutOff?.description ?? "不适用",
                notice: channel.settings.notice,
                waiting: channel.proposal.map { _ in StateTag("变更待复核", .pending) })
        }
    }
}

/// One channel: what is set, the change that waits, the forms, and what has happened.
struct ChannelPage: Page {
    /// A change that waits for a second person.
    struct Waiting: Sendable {
        let settings: String
        let reason: String
        let proposedBy: String
        let proposedAt: String
        let canDecide: Bool
        let grantAddress: String
        let returnAddress: String
        /// The change that a decision is about.
        let change: String
        /// The reason of giving it back.
        let reply: ReasonField
        /// Why the person who looks does not decide.
        let explanation: String?
    }

    /// The form that proposes a change.
    struct Proposal: Sendable {
        let address: String
        let version: Int
        let status: SelectField
        let cutOff: TextField?
        let notice: TextField
        let reason: ReasonField
    }

    let layout: Layout
    let hasErrors: Bool
    let errorSummary: ErrorSummary?
    /// Why an act was refused, where that belongs to no field.
    let refusal: Notice?
    let name: String
    let state: StateTag
    let presentCutOff: String?
    let presentNotice: String?
    let command: String
    let waiting: Waiting?
    let proposal: Proposal?
    /// Who changes it, for those who do not.
    let remark: String?
    let hasHistory: Bool
    let timeline: Timeline

    /// - Parameters:
    ///   - member: who looks; decides what the page offers.
    ///   - form: as it came back, and why it was refused.
    init(
        layout: Layout, channel: BankChannel, changes: [ChannelChange], member: StaffMember, command: String,
        form: ChannelForm? = nil, errors: [FieldError] = [], refusal: ChannelError? = nil
    ) {
        let code = channel.channel.rawValue
        self.layout = layout.marking(.channels)
        hasErrors = !errors.isEmpty || refusal != nil
        errorSummary = ErrorSummary(errors)
        self.refusal = refusal.map { Notice($0.sentence, .warning, isAlert: true) }
        name = channel.name
        state = channel.settings.tag
        presentCutOff = channel.settings.cutOff?.description
        presentNotice = channel.settings.notice.isEmpty ? nil : channel.settings.notice
        self.command = command
        let isNational = member.region == .national
        waiting = channel.proposal.map { change in
            let isOwn = change.proposerID == member.id
            let isDecider = isNational && ControlledAction.changeChannel.isDecided(by: member.role)
            return Waiting(
                settings: change.settings.words, reason: change.reason, proposedBy: change.proposedBy,
                proposedAt: BeijingTime.minute(change.proposedAt), canDecide: isDecider && !isOwn,
                grantAddress: Path.channelApproval(code).text, returnAddress: Path.channelReturn(code).text,
                change: String(change.id),
                reply: ReasonField(label: "退回原因", value: form?.reason ?? "", errors: errors),
                explanation: isOwn
                    ? OwnProposal.remark : isDecider ? nil : "等待全国的运营员或审核员复核。")
        }
        let canPropose = channel.proposal == nil && member.role == .operations && isNational
        let shown = form ?? ChannelForm(channel.settings)
        proposal =
            canPropose
            ? Proposal(
                address: Path.channelProposal(code).text, version: channel.version,
                status: SelectField(
                    "status", label: "状态", value: shown.status,
                    options: [SelectField.Option("working", "正常"), SelectField.Option("paused", "暂停")],
                    placeholder: "请选择", errors: errors),
                cutOff: channel.settings.cutOff.map { _ in
                    TextField(
                        "cutOff", label: "截止时间", value: shown.cutOff,
                        hint: "北京时间，例如 16:00；工作日在此之前提交的提现自当日起计算到账时间", maximum: 5, errors: errors)
                },
                notice: TextField(
                    "notice", label: "公告", value: shown.notice, hint: "单位办理时看到；暂停时必填，最多 100 个字",
                    maximum: 100, errors: errors),
                reason: ReasonField(label: "变更原因", value: shown.reason, errors: errors)) : nil
        remark = canPropose || channel.proposal != nil ? nil : "变更由全国的运营员提出，另一人复核后生效。"
        hasHistory = !changes.isEmpty
        timeline = Timeline(oldestFirst: changes.reversed().flatMap(Self.events))
    }

    private static func events(_ change: ChannelChange) -> [(title: String, note: String?, at: Date)] {
        var events = [
            (
                title: "提出变更：\(change.settings.words)",
                note: Optional("\(change.proposedBy)：\(change.reason)"),
                at: change.proposedAt
            )
        ]
        if let decision = change.decision {
            let reason = decision.reason.map { "：\($0)" } ?? ""
            events.append(
                (
                    title: decision.isGranted ? "复核同意，变更生效" : "复核退回",
                    note: "\(decision.decidedBy)\(reason)", at: decision.decidedAt
                ))
        }
        return events
    }
}
