import Payments

extension BankChannel.Settings {
    /// Whether the channel works.
    var tag: StateTag { isPaused ? StateTag("暂停", .danger) : StateTag("正常", .success) }

    /// All that is set, in one line: `暂停，截止时间 16:00，公告：银行系统升级`.
    var words: String {
        let parts = [
            isPaused ? "暂停" : "正常", cutOff.map { "截止时间 \($0)" }, notice.isEmpty ? nil : "公告：\(notice)",
        ]
        return parts.compactMap(\.self).joined(separator: "，")
    }
}

extension ChannelError {
    /// What stands in the way.
    var sentence: String {
        switch self {
        case .notFound: "没有找到该通道"
        case .notAllowed: "您的角色或地区不能办理"
        case .reasonMissing: "请填写原因，最多 500 个字"
        case .noticeMissing: "暂停时须填写给单位看的公告，最多 100 个字"
        case .cutOffUnfitting: "截止时间与该通道不符"
        case .nothingChanged: "与现行设置相同，没有需要变更的内容"
        case .alreadyProposed: "已有变更等待复核，请先处理"
        case .stale: "通道或变更申请已变化，请核对现在的内容后再操作"
        case .samePerson: "变更由您本人提出，须由另一人复核"
        }
    }
}

extension Path {
    /// 收付通道.
    static let channels = admin.below("channels")
    /// One channel of the bank.
    static func channel(_ code: some PathValue) -> Path { channels.below(code) }
    /// Where a change is proposed.
    static func channelProposal(_ code: some PathValue) -> Path { channel(code).below("proposal") }
    /// Where it is agreed to.
    static func channelApproval(_ code: some PathValue) -> Path { channel(code).below("approval") }
    /// Where it is given back.
    static func channelReturn(_ code: some PathValue) -> Path { channel(code).below("return") }
}
