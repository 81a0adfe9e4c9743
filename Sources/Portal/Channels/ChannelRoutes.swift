import Hummingbird
import Payments

/// 收付通道: what is set on the bank's channels, and how two people change it.
struct ChannelRoutes: Sendable {
    let portal: Portal

    private var channels: BankChannels { portal.platform.channels }

    func register(on routes: Routes) {
        let readers = routes.staff(.operations, .supervisor, .auditor)
        readers.get(.channels, use: list)
        readers.get(.channel(.number), use: page)
        routes.staff(.operations).post(.channelProposal(.number), use: propose)
        let deciders = routes.staff(.operations, .supervisor)
        deciders.post(.channelApproval(.number), use: grant)
        deciders.post(.channelReturn(.number), use: sendBack)
    }

    private func list(_ request: Request, _ context: StaffContext) async throws -> Response {
        .page(ChannelListPage(layout: context.layout, channels: try await channels.list()))
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        .page(try await page(of: try channel(of: context), context))
    }

    private func propose(_ request: Request, _ context: StaffContext) async throws -> Response {
        let channel = try channel(of: context)
        let form = ChannelForm(context.form)
        guard let found = try await channels.find(channel) else { throw SiteError.notFound }
        var errors: [FieldError] = []
        let settings = form.settings(hasCutOff: found.channel.settings.cutOff != nil, errors: &errors)
        guard errors.isEmpty else { return try await refused(channel, context, form: form, errors: errors) }
        return try await acting(on: channel, context, form: form) { command in
            try await channels.propose(
                settings, for: channel, version: Int(context.form["version"]) ?? 0, reason: form.reason,
                command: command, by: context.session.member, from: context.origin)
        }
    }

    private func grant(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await decide(isGranted: true, context)
    }

    private func sendBack(_ request: Request, _ context: StaffContext) async throws -> Response {
        try await decide(isGranted: false, context)
    }

    private func decide(isGranted: Bool, _ context: StaffContext) async throws -> Response {
        let channel = try channel(of: context)
        let form = ChannelForm(context.form)
        return try await acting(on: channel, context, form: form) { command in
            try await channels.decide(
                Int64(context.form["change"]) ?? 0, of: channel, isGranted: isGranted, reason: form.reason,
                command: command, by: context.session.member, from: context.origin)
        }
    }

    /// Acts and shows the channel; what stands in the way is said on its page as it is now.
    private func acting(
        on channel: Channel, _ context: StaffContext, form: ChannelForm,
        _ act: (CommandID) async throws -> Void
    ) async throws -> Response {
        do {
            try await act(try CommandID(posted: context.form["command"]))
            return .seeOther(.channel(channel.rawValue))
        } catch let error where error is ChannelError || error is CommandReused {
            let error = error as? ChannelError ?? .stale
            guard error != .notFound else { throw SiteError.notFound }
            let field = ChannelForm.field(of: error)
            return try await refused(
                channel, context, form: form,
                errors: field.map { [FieldError($0, error.sentence)] } ?? [],
                refusal: field == nil ? error : nil)
        }
    }

    private func refused(
        _ channel: Channel, _ context: StaffContext, form: ChannelForm, errors: [FieldError],
        refusal: ChannelError? = nil
    ) async throws -> Response {
        .page(
            try await page(of: channel, context, form: form, errors: errors, refusal: refusal),
            status: .unprocessableContent)
    }

    private func page(
        of channel: Channel, _ context: StaffContext, form: ChannelForm? = nil, errors: [FieldError] = [],
        refusal: ChannelError? = nil
    ) async throws -> ChannelPage {
        guard let found = try await channels.find(channel) else { throw SiteError.notFound }
        return ChannelPage(
            layout: context.layout, channel: found.channel, changes: found.changes,
            member: context.session.member, command: CommandID(effects: portal.platform.effects).text,
            form: form, errors: errors, refusal: refusal)
    }

    private func channel(of context: StaffContext) throws -> Channel {
        guard
            let channel = context.parameters.get(Path.Parameter.number.name).flatMap(Channel.init(rawValue:))
        else { throw SiteError.notFound }
        return channel
    }
}
