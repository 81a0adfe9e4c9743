import Cryptography
import Foundation
import Postgres

/// The channels of the bank: what is set on them, and how two people change it.
public struct BankChannels: Sendable {
    let platform: Platform

    // MARK: Looking

    /// All channels, each with the proposal that waits.
    public func list() async throws -> [BankChannel] {
        try await platform.database.query("\(fragment: Self.selection) ORDER BY c.channel").map(Self.channel)
    }

    /// A channel with its changes, the newest first, at most fifty.
    public func find(_ channel: Channel) async throws -> (channel: BankChannel, changes: [ChannelChange])? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE c.channel = \(channel.rawValue)")
            guard let found = try rows.first.map(Self.channel) else { return nil }
            let changes = try connection.query(
                """
                SELECT h.id AS change_id, c.channel, c.name, h.is_paused AS new_is_paused, h.notice AS new_notice,
                    h.cut_off_minutes AS new_cut_off, h.reason, s.name AS proposed_by, h.proposed_by AS proposer_id,
                    h.proposed_at, a.decision, a.reason AS decision_reason, d.name AS decided_by, a.at AS decided_at
                FROM channel_changes h JOIN bank_channels c ON c.channel = h.channel
                JOIN staff s ON s.id = h.proposed_by
                LEFT JOIN approval_requests r ON r.action = 'changeChannel' AND r.subject_id = h.id
                LEFT JOIN approvals a ON a.request_id = r.id LEFT JOIN staff d ON d.id = a.checker_staff_id
                WHERE h.channel = \(channel.rawValue) ORDER BY h.id DESC LIMIT 50
                """
            ).map(Self.change)
            return (found, changes)
        }
    }

    /// What companies have to be told of a channel that is paused; nil while it works.
    public func pause(of channel: Channel) async throws -> String? {
        try await platform.database.query(
            "SELECT notice FROM bank_channels WHERE channel = \(channel.rawValue) AND is_paused"
        ).first?.decode("notice", as: String.self)
    }

    /// The proposals that wait for a second person, for one who may decide: channels belong to the whole country.
    public func waiting(for member: StaffMember) async throws -> [ChannelChange] {
        guard ControlledAction.changeChannel.isDecided(by: member.role), member.region == .national else {
            return []
        }
        return try await list().compactMap(\.proposal)
    }

    // MARK: Two people

    /// Proposes what a channel is to be.
    ///
    /// - Parameter version: of the channel that the proposer saw.
    /// - Throws: ``ChannelError``, ``CommandReused``.
    public func propose(
        _ settings: BankChannel.Settings, for channel: Channel, version: Int, reason: String,
        command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations, member.region == .national else { throw ChannelError.notAllowed }
        let reason = reason.trimmed
        guard (1...500).contains(reason.count) else { throw ChannelError.reasonMissing }
        var settings = settings
        settings.notice = settings.notice.trimmed
        guard settings.notice.count <= 100, !settings.isPaused || !settings.notice.isEmpty else {
            throw ChannelError.noticeMissing
        }
        let (wanted, moment) = (settings, platform.effects.now())
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let input = [
                    "changeChannel", channel.rawValue, String(version), "\(wanted.isPaused)", wanted.notice,
                    wanted.cutOff?.description ?? "", reason,
                ]
                let claim = try Commands.claim(
                    command, by: .staff(member.id), input: input, result: channel.rawValue, at: moment,
                    on: connection)
                if case .done = claim { return }
                let found = try Self.lock(channel, on: connection)
                guard found.proposal == nil else { throw ChannelError.alreadyProposed }
                guard found.version == version else { throw ChannelError.stale }
                guard (wanted.cutOff == nil) == (found.settings.cutOff == nil) else {
                    throw ChannelError.cutOffUnfitting
                }
                guard found.settings != wanted else { throw ChannelError.nothingChanged }
                let id: Int64 = try connection.query(
                    """
                    INSERT INTO channel_changes (
                        channel, version, is_paused, notice, cut_off_minutes, reason, proposed_by, proposed_at)
                    VALUES (
                        \(channel.rawValue), \(version), \(wanted.isPaused), \(wanted.notice), \(wanted.cutOff),
                        \(reason), \(member.id), \(moment))
                    RETURNING id
                    """
                ).only()["id"]
                try Approvals.request(
                    .changeChannel, Self.version(of: id, wanted, channel, reason: reason),
                    by: .staff(member.id), at: moment, on: connection)
                try Audit.record(
                    .channelChangeProposed, subject: "channel \(channel.rawValue)", by: .staff(member.id),
                    detail: "\(Self.words(wanted)): \(reason)", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Agrees to a proposal, which takes effect at once, or gives it back with a reason. Whoever is about to send through
    /// the channel is waited for; what waited for the end of a pause is sent now.
    ///
    /// - Parameter id: of the proposal that the decider saw.
    /// - Throws: ``ChannelError``, ``CommandReused``.
    public func decide(
        _ id: Int64, of channel: Channel, isGranted: Bool, reason: String = "", command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = reason.trimmed
        guard isGranted || !reason.isEmpty, reason.count <= 500 else { throw ChannelError.reasonMissing }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideChannel", String(id), "\(isGranted)", reason], result: channel.rawValue,
                    at: moment, on: connection)
                if case .done = claim { return }
                let found = try Self.lock(channel, on: connection)
                guard let proposal = found.proposal, proposal.id == id else { throw ChannelError.stale }
                try Approvals.decide(
                    isGranted ? .granted : .returned, .changeChannel,
                    Self.version(of: id, proposal.settings, channel, reason: proposal.reason),
                    by: .staff(member.id), within: nil, reason: reason.isEmpty ? nil : reason, at: moment,
                    on: connection)
                try Audit.record(
                    isGranted ? .channelChanged : .channelChangeReturned,
                    subject: "channel \(channel.rawValue)", by: .staff(member.id),
                    detail: isGranted ? Self.words(proposal.settings) : reason, from: origin, at: moment,
                    on: connection)
                guard isGranted else { return }
                _ = try connection.query("SELECT apply_channel_change(\(id))")
                if found.settings.isPaused, !proposal.settings.isPaused {
                    try Withdrawals.sendWaiting(through: channel, at: moment, on: connection)
                }
            }
        }
    }

    private func deciding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ApprovalError {
            switch error {
            case .samePerson: throw ChannelError.samePerson
            case .notAllowed: throw ChannelError.notAllowed
            case .stale: throw ChannelError.stale
            }
        }
    }

    /// What two people agree on: these settings of this channel.
    private static func version(
        of id: Int64, _ settings: BankChannel.Settings, _ channel: Channel, reason: String
    ) -> ControlledVersion {
        ControlledVersion(
            subject: id, version: 1,
            digest: SHA256.digest(
                CanonicalText.bytes([
                    String(id), channel.rawValue, "\(settings.isPaused)", settings.notice,
                    settings.cutOff?.description ?? "", reason,
                ])))
    }

    private static func words(_ settings: BankChannel.Settings) -> String {
        let cutOff = settings.cutOff.map { ", cut-off \($0)" } ?? ""
        return (settings.isPaused ? "paused" : "working") + cutOff
    }

    // MARK: Rows

    private static func lock(_ channel: Channel, on connection: isolated Connection) throws -> BankChannel {
        _ = try connection.query("SELECT lock_channel(\(channel.rawValue))")
        let rows = try connection.query("\(fragment: selection) WHERE c.channel = \(channel.rawValue)")
        guard let row = rows.first else { throw ChannelError.notFound }
        return try Self.channel(row)
    }

    private static let selection: SQL = """
        SELECT c.channel, c.name, c.version, c.is_paused, c.notice, c.cut_off_minutes, h.id AS change_id,
            h.is_paused AS new_is_paused, h.notice AS new_notice, h.cut_off_minutes AS new_cut_off, h.reason,
            s.name AS proposed_by, h.proposed_by AS proposer_id,
            h.proposed_at, NULL::text AS decision
        FROM bank_channels c
        LEFT JOIN LATERAL (
            SELECT * FROM channel_changes WHERE channel = c.channel AND NOT EXISTS (
                SELECT 1 FROM approval_requests r JOIN approvals a ON a.request_id = r.id
                WHERE r.action = 'changeChannel' AND r.subject_id = channel_changes.id)
            ORDER BY id DESC LIMIT 1
        ) h ON true
        LEFT JOIN staff s ON s.id = h.proposed_by
        """

    private static func channel(_ row: Row) throws -> BankChannel {
        let isProposed = try row.decode("change_id", as: Int64?.self) != nil
        return BankChannel(
            channel: try code(row), name: try row["name"], version: try row["version"],
            settings: BankChannel.Settings(
                isPaused: try row["is_paused"], notice: try row["notice"], cutOff: try row["cut_off_minutes"]),
            proposal: isProposed ? try change(row) : nil)
    }

    private static func change(_ row: Row) throws -> ChannelChange {
        let decision: String? = try row["decision"]
        return ChannelChange(
            id: try row["change_id"], channel: try code(row), channelName: try row["name"],
            settings: BankChannel.Settings(
                isPaused: try row["new_is_paused"], notice: try row["new_notice"],
                cutOff: try row["new_cut_off"]),
            reason: try row["reason"], proposedBy: try row["proposed_by"],
            proposerID: try row["proposer_id"], proposedAt: try row["proposed_at"],
            decision: try decision.map { decision in
                ChannelChange.Decision(
                    isGranted: decision == Approvals.Decision.granted.rawValue,
                    reason: try row["decision_reason"], decidedBy: try row["decided_by"],
                    decidedAt: try row["decided_at"])
            })
    }

    private static func code(_ row: Row) throws -> Channel {
        guard let channel = Channel(rawValue: try row["channel"]) else {
            throw UnreadableOrder(column: "channel")
        }
        return channel
    }
}

extension Connection {
    /// Whether nothing may be sent through a channel now. The answer holds until the commit.
    func isPaused(_ channel: Channel) throws -> Bool {
        try query("SELECT channel_is_paused(\(channel.rawValue)) AS is_paused").only()["is_paused"]
    }
}

extension Platform {
    /// The channels of the bank.
    public var channels: BankChannels { BankChannels(platform: self) }
}
