import Payments

/// What is typed to change a channel.
struct ChannelForm: Sendable {
    /// `working` or `paused`.
    var status = ""
    var cutOff = ""
    var notice = ""
    var reason = ""

    /// The form for a channel as it is.
    init(_ settings: BankChannel.Settings) {
        status = settings.isPaused ? "paused" : "working"
        cutOff = settings.cutOff?.description ?? ""
        notice = settings.notice
    }

    /// The form as it came back.
    init(_ fields: FormFields) {
        status = fields["status"]
        cutOff = fields.code("cutOff")
        notice = fields.text("notice")
        reason = fields.text("reason")
    }

    /// What is to be set, or what is wrong with the fields.
    func settings(hasCutOff: Bool, errors: inout [FieldError]) -> BankChannel.Settings {
        if status != "working", status != "paused" { errors.append(FieldError("status", "请选择状态")) }
        let time = hasCutOff ? CutOff(entered: cutOff) : nil
        if hasCutOff, time == nil { errors.append(FieldError("cutOff", "截止时间请按 16:00 的格式填写")) }
        return BankChannel.Settings(isPaused: status == "paused", notice: notice, cutOff: time)
    }

    /// The field that a refusal is about; nil for one that is about the channel.
    static func field(of error: ChannelError) -> String? {
        switch error {
        case .reasonMissing: "reason"
        case .noticeMissing: "notice"
        case .cutOffUnfitting: "cutOff"
        case .notFound, .notAllowed, .nothingChanged, .alreadyProposed, .stale, .samePerson: nil
        }
    }
}
