import Foundation

@testable import Payments

/// Acts of two people that come from no form of the page: each is a command of its own.
extension Differences {
    func propose(
        _ number: String, _ handling: Handling, reason: String, for merchantNumber: String = "",
        by member: StaffMember, from origin: Origin
    ) async throws {
        try await propose(
            number, handling, reason: reason, for: merchantNumber,
            command: CommandID(effects: platform.effects),
            by: member, from: origin)
    }

    func decide(
        _ number: String, isGranted: Bool, reason: String = "", version: Int, by member: StaffMember,
        from origin: Origin
    ) async throws {
        try await decide(
            number, isGranted: isGranted, reason: reason, version: version,
            command: CommandID(effects: platform.effects), by: member, from: origin)
    }
}

extension FollowUps {
    func propose(
        _ handling: WithdrawalHold.Handling, for number: String, version: Int, reason: String,
        by member: StaffMember, from origin: Origin
    ) async throws {
        try await propose(
            handling, for: number, version: version, reason: reason,
            command: CommandID(effects: platform.effects), by: member, from: origin)
    }

    func decideProposal(
        for number: String, isGranted: Bool, version: Int, reason: String = "", by member: StaffMember,
        from origin: Origin
    ) async throws {
        try await decideProposal(
            for: number, isGranted: isGranted, version: version, reason: reason,
            command: CommandID(effects: platform.effects), by: member, from: origin)
    }

    func decide(
        _ number: String, _ decision: FollowUpCase.Decision, reason: String, by member: StaffMember,
        from origin: Origin
    ) async throws {
        try await decide(
            number, decision, reason: reason, command: CommandID(effects: platform.effects), by: member,
            from: origin)
    }
}

extension Repayments {
    func propose(
        of merchantNumber: String, _ amount: Money, reason: String, by member: StaffMember,
        from origin: Origin
    ) async throws {
        try await propose(
            of: merchantNumber, amount, reason: reason, command: CommandID(effects: platform.effects),
            by: member, from: origin)
    }

    func decide(
        _ number: String, of merchantNumber: String, isAgreed: Bool, reason: String = "", version: Int,
        by member: StaffMember, from origin: Origin
    ) async throws {
        try await decide(
            number, of: merchantNumber, isAgreed: isAgreed, reason: reason, version: version,
            command: CommandID(effects: platform.effects), by: member, from: origin)
    }
}

extension TopUpBanks {
    func decide(
        _ code: String, version: Int, isGranted: Bool, reason: String = "", by member: StaffMember,
        from origin: Origin
    ) async throws {
        try await decide(
            code, version: version, isGranted: isGranted, reason: reason,
            command: CommandID(effects: platform.effects), by: member, from: origin)
    }
}

extension AccountOpenings {
    func sendBack(
        _ number: String, version: Int, reason: String, by member: StaffMember, from origin: Origin,
        at moment: Date
    ) async throws {
        try await sendBack(
            number, version: version, reason: reason, command: CommandID(effects: platform.effects),
            by: member,
            from: origin, at: moment)
    }
}
