import Cryptography
import Foundation
import Postgres

/// What two people decide about a case: one proposes a handling, another agrees to it and has it posted, or gives it back.
extension Differences {
    /// Proposes how a case is to be handled.
    ///
    /// - Parameter merchantNumber: of the enterprise to be credited or charged, where no order tells whose the money is.
    /// - Throws: ``DifferenceError``, ``CommandReused``.
    public func propose(
        _ number: String, _ handling: Handling, reason: String, for merchantNumber: String = "",
        command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations else { throw DifferenceError.notAllowed }
        let reason = reason.trimmed
        guard (1...500).contains(reason.count) else { throw DifferenceError.reasonMissing }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["proposeHandling", number, handling.rawValue, reason, merchantNumber],
                    result: number,
                    at: moment, on: connection)
                if case .done = claim { return }
                let found = try Self.lock(number, within: member.region, on: connection)
                guard found.state == .open else { throw DifferenceError.stale }
                guard found.choices.contains(handling) else { throw DifferenceError.unfitting }
                var enterprise = found.enterprise
                if handling.concernsEnterprise, found.orderID == nil {
                    enterprise = try Self.enterprise(named: merchantNumber, on: connection)
                }
                if handling == .credited { try Self.requireOpen(enterprise, on: connection) }
                try Self.record(
                    .handlingProposed, of: found.id, at: moment, by: .staff(member.id), note: reason,
                    handling: handling, enterprise: enterprise, on: connection)
                let proposed = try Self.lock(number, within: member.region, on: connection)
                try Approvals.request(
                    .handleDifference, Self.version(of: proposed), by: .staff(member.id), at: moment,
                    on: connection)
                try Audit.record(
                    .differenceProposed, subject: "difference \(number)", by: .staff(member.id),
                    detail: "\(handling.rawValue): \(reason)", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Agrees to a proposal and posts it, or gives it back with a reason.
    ///
    /// - Throws: ``DifferenceError``, ``CommandReused``.
    public func decide(
        _ number: String, isGranted: Bool, reason: String = "", version: Int, command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = reason.trimmed
        guard isGranted || !reason.isEmpty, reason.count <= 500 else { throw DifferenceError.reasonMissing }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideHandling", number, "\(isGranted)", String(version), reason],
                    result: number,
                    at: moment, on: connection)
                if case .done = claim { return }
                if let enterprise = try Self.enterprise(of: number, on: connection) {
                    try connection.lockOrders(of: enterprise)
                }
                try ReserveStatements.lock(ifAbout: number, on: connection)
                try Refunds.lock(ifAbout: number, on: connection)
                try BillerSettlements.lock(ifAbout: number, on: connection)
                let found = try Self.lock(number, within: member.region, on: connection)
                guard found.state == .proposed, found.version == version, let handling = found.handling
                else { throw DifferenceError.stale }
                let city = try found.enterprise.map { id in
                    try connection.query("SELECT city_code FROM enterprises WHERE id = \(id)").only()
                        .decode("city_code", as: String.self)
                }
                try Approvals.decide(
                    isGranted ? .granted : .returned, .handleDifference, Self.version(of: found),
                    by: .staff(member.id), within: city, reason: reason.isEmpty ? nil : reason, at: moment,
                    on: connection)
                let surplus = isGranted ? try Self.surplus(of: found, on: connection) : nil
                try Self.record(
                    isGranted ? .approved : .returned, of: found.id, at: moment, by: .staff(member.id),
                    note: reason, parking: surplus.map { _ in .receipt }, amount: surplus, on: connection)
                if isGranted {
                    try handle(
                        surplus == nil ? found : Self.lock(number, within: member.region, on: connection),
                        handling, by: .staff(member.id), at: moment, on: connection)
                    if let enterprise = found.enterprise {
                        try Enterprises.resumeOutgoing(
                            enterprise, reason: "差异 \(number) 已处理", at: moment, on: connection)
                    }
                }
                try Audit.record(
                    isGranted ? .differenceHandled : .differenceReturned, subject: "difference \(number)",
                    by: .staff(member.id), detail: "\(handling.rawValue) \(reason)", from: origin, at: moment,
                    on: connection)
            }
        }
    }

    /// What of a net's surplus is still left under its day, up to what the case says; nil for any other case. Fails where
    /// something has explained all of it since.
    private static func surplus(of found: Difference, on connection: isolated Connection) throws -> Money? {
        guard found.isSurplus, let stated = found.bankAmount else { return nil }
        guard let left = try ReserveStatements.surplus(of: found.settlementDate, on: connection),
            left > .zero
        else { throw DifferenceError.stale }
        return min(left, stated)
    }

    /// Draws the consequence of what two people have decided, in their transaction.
    private func handle(
        _ found: Difference, _ handling: Handling, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard found.choices.contains(handling) else { throw DifferenceError.unfitting }
        func post(_ code: PostingCode, for enterprise: Enterprise.ID?) throws {
            try Ledger.post(
                Self.entry(
                    code, id: found.id, number: found.number, channel: found.channel,
                    settlementDate: found.settlementDate, amount: found.amount, enterprise: enterprise,
                    event: DifferenceState.Event.approved.rawValue, occurrence: found.version),
                at: moment, on: connection)
        }
        if found.parking == .loss, found.kind == .stateDiffers, let serial = found.serial {
            try Refunds.settleDispute(serial, handling, by: actor, at: moment, on: connection)
        }
        switch (handling, found.parking) {
        case (.credited, .receipt):
            try Self.requireOpen(found.enterprise, on: connection)
            try post(.receiptAssigned, for: found.enterprise)
            try Self.tell(.differenceCredited, about: found, at: moment, on: connection)
            if let order = found.orderID {
                try TopUps.creditedByReview(
                    order, through: found.id, by: actor, at: moment, on: connection)
            }
        case (.recovered, .receipt): try post(.lossRecovered, for: nil)
        case (.ownFunds, .receipt), (.ownFunds, .loss):
            try Ledger.post(
                Self.ownFunds(found, event: DifferenceState.Event.approved.rawValue), at: moment,
                on: connection)
        case (.returned, .receipt):
            try platform.refunds.begin(
                of: found, by: actor, at: moment, on: connection)
        case (.charged, .loss):
            guard let enterprise = found.enterprise else { throw DifferenceError.enterpriseMissing }
            let entry = try Losses.charge(
                found.amount, to: enterprise, source: .difference(found.id), item: found.number,
                owner: found.channel.rawValue, event: DifferenceState.Event.approved.rawValue,
                occurrence: found.version, on: connection)
            // One that was named was not stopped when the loss was parked.
            if entry.lines.contains(where: { $0.account == .enterpriseReceivable }) {
                try Enterprises.stopOutgoing(
                    enterprise, reason: "余额不足以承担对账差异 \(found.number)", at: moment, on: connection)
            }
            try Ledger.post(entry, at: moment, on: connection)
            try Self.tell(.differenceCharged, about: found, at: moment, on: connection)
        case (.madeGood, .loss):
            try Ledger.post(
                try Self.madeGood(
                    found, event: DifferenceState.Event.approved.rawValue, on: connection), at: moment,
                on: connection)
        case (.borne, .loss): try post(.borne, for: nil)
        case (.charged, .order), (.madeGood, .order), (.borne, .order):
            guard let order = found.orderID else { throw DifferenceError.unfitting }
            try Losses.settle(
                order, handling, channel: found.channel, settlementDate: found.settlementDate, by: actor,
                at: moment, on: connection)
        case (.absent, .none) where found.refundNumber != nil:
            try platform.refunds.absent(found.refundNumber ?? "", by: actor, at: moment, on: connection)
        case (.absent, .none) where found.settlementNumber != nil:
            try platform.billerSettlements.absent(
                found.settlementNumber ?? "", case: found.id, by: actor, at: moment, on: connection)
        case (.absent, .none) where found.topUp != nil:
            guard let order = found.orderID else { throw DifferenceError.unfitting }
            try TopUps.givenBack(order, note: found.number, by: actor, at: moment, on: connection)
        case (.absent, .none):
            guard let order = found.orderID else { throw DifferenceError.unfitting }
            try Withdrawals.absent(order, case: found.id, by: actor, at: moment, on: connection)
        case (.writtenOff, .none), (.writeOffFailed, .none):
            guard let order = found.orderID else { throw DifferenceError.unfitting }
            try platform.billPayments.decide(
                denied: order, isWrittenOff: handling == .writtenOff, by: actor, at: moment, on: connection)
        case (.acknowledged, .none):
            guard let number = found.refundNumber else { break }
            try Refunds.acknowledge(number, by: actor, at: moment, on: connection)
        default: throw DifferenceError.unfitting
        }
    }

    /// Tells the operators of a case's enterprise what it has come to.
    private static func tell(
        _ topic: InboxTopic, about found: Difference, at moment: Date, on connection: isolated Connection
    ) throws {
        guard let enterprise = found.enterprise else { return }
        try Inbox.tell(
            enterprise, topic, order: found.orderID, amount: found.amount, at: moment, on: connection)
    }

    /// Money can be credited to an enterprise that is known and not closed.
    private static func requireOpen(_ enterprise: Enterprise.ID?, on connection: isolated Connection) throws {
        guard let enterprise else { throw DifferenceError.enterpriseMissing }
        guard try connection.state(of: enterprise) != .closed else { throw DifferenceError.enterpriseClosed }
    }

    private static func enterprise(named merchantNumber: String, on connection: isolated Connection) throws
        -> Enterprise.ID
    {
        let number = merchantNumber.normalizedIdentifier.uppercased()
        guard !number.isEmpty else { throw DifferenceError.enterpriseMissing }
        let rows = try connection.query(
            "SELECT id, state FROM enterprises WHERE merchant_number = \(number)")
        guard let row = rows.first else { throw DifferenceError.enterpriseUnknown }
        guard try row.decode("state", as: EnterpriseState.self) != .closed else {
            throw DifferenceError.enterpriseClosed
        }
        return try row["id"]
    }

    private func deciding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ApprovalError {
            switch error {
            case .samePerson: throw DifferenceError.samePerson
            case .notAllowed: throw DifferenceError.notAllowed
            case .stale: throw DifferenceError.stale
            }
        } catch let error as PostgresError
            where error.constraint == "difference_step_is_legal" || error.constraint == "refund_step_is_legal"
        {
            throw DifferenceError.stale
        } catch is IllegalTransition {
            throw DifferenceError.stale
        }
    }

    /// What two people agree on: this way of handling this amount for this enterprise.
    private static func version(of found: Difference) -> ControlledVersion {
        ControlledVersion(
            subject: found.id, version: found.version,
            digest: SHA256.digest(
                CanonicalText.bytes([
                    found.number, found.handling?.rawValue ?? "", found.enterprise?.description ?? "",
                    "\(found.amount.fen)", found.serial ?? "", found.reason,
                ])))
    }
}
