import Cryptography
import Foundation
import Postgres

/// The cases of reconciliation: opened by the machine, which parks the money at once, and decided by two people.
public struct Differences: Sendable {
    let platform: Platform

    // MARK: Opening

    /// A case about to be opened.
    struct New {
        var channel: Channel
        var kind: DifferenceClass
        var settlementDate: LocalDate
        var order: OrderReference?
        var serial: String?
        var bankAmount: Money?
        var ourAmount: Money?
        var detail: String
        var parking = Parking.none
        /// What is parked; zero for ``Parking/none``.
        var amount = Money.zero
        /// What is parked is posted against; clearing under the settlement day unless said otherwise.
        var against: [JournalEntry.Line] = []
        var event = DifferenceState.Event.found

        /// Parks by how much the bank moved more, or less, than was booked under its serial, so that clearing holds what the
        /// bank's file has.
        mutating func parkDifference(of bank: Money, from booked: Money, in trade: BankFiles.Trade) throws {
            let isMore = bank > booked
            ourAmount = booked
            parking = isMore == (trade.sign > 0) ? .receipt : .loss
            amount = isMore ? try bank - booked : try booked - bank
        }
    }

    /// Opens a case and parks its money, unless the bank has said the same before: then nil. The caller has locked the
    /// enterprise of the order.
    @discardableResult
    func open(_ new: New, at moment: Date, on connection: isolated Connection) throws -> Int64? {
        if let serial = new.serial, new.kind != .cutOff {
            let known = try connection.query(
                """
                SELECT 1 AS one FROM differences
                WHERE channel = \(new.channel.rawValue) AND serial = \(serial) AND class = \(new.kind)
                """)
            guard known.isEmpty else { return nil }
        }
        let number = Orders.newNumber(prefix: "DF", effects: platform.effects)
        let id: Int64 = try connection.query(
            """
            SELECT open_difference(
                \(number), \(new.channel.rawValue), \(new.kind.rawValue), \(new.settlementDate), \(new.order?.id),
                \(new.serial), \(new.bankAmount), \(new.ourAmount), \(new.detail), \(new.parking.rawValue), \(new.amount),
                \(new.event.rawValue), \(moment)) AS id
            """
        ).only()["id"]
        switch new.parking {
        case .receipt:
            try park(
                .receiptParked, id, number, new, .unidentifiedReceipts, -new.amount.fen, at: moment,
                on: connection)
        case .loss:
            // A net that does not arrive is money that we miss as well.
            let isShort = new.channel == .reserve && new.kind == .oursOnly
            try park(
                isShort ? .settlementShort : .lossParked, id, number, new, .differenceReceivable,
                new.amount.fen, at: moment, on: connection)
        case .order, .none: break
        }
        if new.parking == .loss || new.parking == .order, let order = new.order {
            try Enterprises.stopOutgoing(
                order.enterprise, reason: "银行与账簿不符（\(number)），待核实", at: moment, on: connection)
        }
        return id
    }

    private func park(
        _ code: PostingCode, _ id: Int64, _ number: String, _ new: New, _ account: Account, _ change: Int64,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let clearing = JournalEntry.Line(
            account: .bankClearing, owner: new.channel.rawValue, item: new.settlementDate.description,
            amount: -change)
        let parked = JournalEntry.Line(
            account: account, owner: new.channel.rawValue, item: number, amount: change)
        let against = new.against.isEmpty ? [clearing] : new.against
        try Ledger.post(
            JournalEntry(
                code, source: .difference(id), enterprise: nil, event: new.event.rawValue,
                lines: change > 0 ? [parked] + against : against + [parked]), at: moment, on: connection)
    }

    /// An entry over a case's amount, with the case as the open item and its settlement day as the item of clearing.
    static func entry(
        _ code: PostingCode, id: Int64, number: String, channel: Channel, settlementDate: LocalDate,
        amount: Money, enterprise: Enterprise.ID?, event: String, occurrence: Int = 1
    ) -> JournalEntry {
        func line(_ account: Account, _ amount: Int64) -> JournalEntry.Line {
            switch account {
            case .enterpriseAvailable:
                JournalEntry.Line(account: account, owner: "", item: "", amount: amount)
            case .bankClearing:
                JournalEntry.Line(
                    account: account, owner: channel.rawValue, item: settlementDate.description,
                    amount: amount)
            case .channelCost:
                JournalEntry.Line(account: account, owner: "borne", item: number, amount: amount)
            default:
                JournalEntry.Line(account: account, owner: channel.rawValue, item: number, amount: amount)
            }
        }
        let (debit, credit) = code.accounts
        return JournalEntry(
            code, source: .difference(id), enterprise: enterprise, event: event, occurrence: occurrence,
            lines: [line(debit, amount.fen), line(credit, -amount.fen)])
    }

    /// The entry by which money parked turns out to be the platform's own (P53).
    static func ownFunds(_ found: Difference, event: String) -> JournalEntry {
        let isReceipt = found.parking == .receipt
        let amount = isReceipt ? found.amount.fen : -found.amount.fen
        return JournalEntry(
            .ownFunds, source: .difference(found.id), enterprise: nil, event: event,
            occurrence: found.version,
            lines: [
                JournalEntry.Line(
                    account: isReceipt ? .unidentifiedReceipts : .differenceReceivable,
                    owner: found.channel.rawValue, item: found.number, amount: amount),
                JournalEntry.Line(account: .ownFunds, owner: "", item: found.number, amount: -amount),
            ])
    }

    /// The entry that makes a parked loss good (P44), or by which a receipt is taken back (P04): the parking entry the other
    /// way round, item by item.
    static func undone(
        _ found: Difference, event: String, on connection: isolated Connection
    ) throws -> JournalEntry {
        let lines = try connection.query(
            """
            SELECT p.account, p.owner, p.item, p.amount FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE e.source_kind = 'difference' AND e.source_id = \(found.id)
                AND e.code IN (
                    \(PostingCode.receiptParked.rawValue), \(PostingCode.lossParked.rawValue),
                    \(PostingCode.settlementShort.rawValue))
            ORDER BY e.id, p.line
            """
        ).map { row in
            guard let account = Account(rawValue: try row["account"]) else {
                throw UnreadableOrder(column: "account")
            }
            return JournalEntry.Line(
                account: account, owner: try row["owner"], item: try row["item"],
                amount: try -row.decode("amount", as: Int64.self))
        }
        return JournalEntry(
            found.parking == .receipt ? .receiptTakenBack : .madeGood, source: .difference(found.id),
            enterprise: nil, event: event, occurrence: found.version, lines: lines)
    }

    // MARK: Steps

    /// Takes a step of a case.
    @discardableResult
    static func record(
        _ event: DifferenceState.Event, of id: Int64, at moment: Date, by actor: Actor, note: String = "",
        handling: Handling? = nil, parking: Parking? = nil,
        amount: Money? = nil, enterprise: Enterprise.ID? = nil, on connection: isolated Connection
    ) throws -> DifferenceState {
        let rows = try connection.query(
            """
            SELECT record_difference_event(
                \(id), \(event.rawValue), \(moment), \(actor.kind), \(actor.id), \(note), \(handling?.rawValue),
                \(parking?.rawValue), \(amount), \(enterprise)) AS state
            """)
        return try rows.only()["state"]
    }

    /// Clears the open cases of an order that another word of the bank has explained.
    static func clear(
        order id: Int64, _ kinds: [DifferenceClass], note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE order_id = \(id) AND class = ANY(\(kinds.map(\.rawValue)))
                AND parking = 'none' AND state IN ('open', 'waitingCutOff', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .system, note: note, on: connection)
        }
    }

    /// Clears the case of a refund, or of a payout to a biller, of which the bank knew nothing, when it has confirmed it.
    static func clear(
        missing number: String, _ channel: Channel, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(channel.rawValue) AND serial = \(number)
                AND class = \(DifferenceClass.oursOnly) AND state IN ('open', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    /// Clears the open cases, in which nothing is parked, of a net that has arrived wholly by now.
    static func clear(
        reserve settled: LocalDate, note: String, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(Channel.reserve.rawValue) AND settlement_date = \(settled)
                AND class <> \(DifferenceClass.bankOnly) AND parking = 'none' AND state IN ('open', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    /// The bank has taken back by itself what a case had parked (P04).
    ///
    /// - Parameter day: the settlement day of the bank's line that says so, where that is not the case's own.
    static func takeBack(
        _ id: Int64, under day: LocalDate? = nil, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let found = try difference(
            try connection.query("\(fragment: selection) WHERE d.id = \(id)").only())
        try record(
            .laterFileMatched, of: id, at: moment, by: .bank, note: note, handling: .takenBack, on: connection
        )
        try Ledger.post(
            entry(
                .receiptTakenBack, id: id, number: found.number, channel: found.channel,
                settlementDate: day ?? found.settlementDate, amount: found.amount, enterprise: nil,
                event: DifferenceState.Event.laterFileMatched.rawValue, occurrence: found.version),
            at: moment, on: connection)
    }

    /// The loss that a trade of the bank has parked by itself, whatever has become of it.
    static func loss(
        of serial: String, _ channel: Channel, on connection: isolated Connection
    ) throws -> Difference? {
        try connection.query(
            """
            \(fragment: selection) WHERE d.channel = \(channel.rawValue) AND d.serial = \(serial) AND d.parking = 'loss'
            """
        ).first.map(difference)
    }

    /// The bank gives back by itself what a case had parked as a loss (P44); what it keeps is our cost.
    ///
    /// - Parameters:
    ///   - amount: what came back, at most what was parked.
    ///   - day: the settlement day of the line that brings it.
    static func makeGood(
        _ loss: Difference, cameBack amount: Money, on day: LocalDate, note: String, at moment: Date,
        _ connection: isolated Connection
    ) throws {
        let event = DifferenceState.Event.laterFileMatched
        try record(
            event, of: loss.id, at: moment, by: .bank, note: note, handling: .madeGood, on: connection)
        let owner = loss.channel.rawValue
        try Ledger.post(
            JournalEntry(
                .madeGood, source: .difference(loss.id), enterprise: nil, event: event.rawValue,
                occurrence: loss.version,
                lines: [
                    JournalEntry.Line(
                        account: .bankClearing, owner: owner, item: day.description, amount: amount.fen),
                    JournalEntry.Line(
                        account: .channelCost, owner: "returned", item: loss.number,
                        amount: try (loss.amount - amount).fen),
                    JournalEntry.Line(
                        account: .differenceReceivable, owner: owner, item: loss.number,
                        amount: -loss.amount.fen),
                ]), at: moment, on: connection)
    }

    /// A refund of which the bank knows nothing and that the complete files lack: a case for two people.
    func openMissing(_ refund: Refunds.Refund, at moment: Date, on connection: isolated Connection) throws {
        try open(
            New(
                channel: .gateway, kind: .oursOnly, settlementDate: refund.sentOn,
                order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
                serial: refund.number, ourAmount: refund.amount,
                detail: "银行称没有退款 \(refund.number)，D 至 D+3 日文件也没有：确认后可重新退款"), at: moment,
            on: connection)
    }

    /// A refund that the bank has confirmed and that the complete files lack: a case for two people; the one that there has been,
    /// if the bank has denied it before it confirmed it.
    func openDenied(_ refund: Refunds.Refund, at moment: Date, on connection: isolated Connection) throws {
        let opened = try open(
            New(
                channel: .gateway, kind: .oursOnly, settlementDate: refund.sentOn,
                order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
                serial: refund.number, ourAmount: refund.amount,
                detail: "银行曾确认退款 \(refund.number)，至今的文件均无此退款：确认银行未退后可重新退款"), at: moment,
            on: connection)
        guard opened == nil else { return }
        try Self.contradict(
            missing: refund.number, .gateway, note: "银行曾确认退款，至今的文件均无此退款", at: moment, on: connection)
    }

    /// The case of a refund, or of a payout to a biller, of which the bank knew nothing, waits for two people again: what the
    /// bank has confirmed meanwhile is in none of its files.
    static func contradict(
        missing number: String, _ channel: Channel, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let known = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(channel.rawValue) AND serial = \(number)
                AND class = \(DifferenceClass.oursOnly) AND state IN ('selfCleared', 'resolved')
            """)
        for row in known {
            try record(.contradicted, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    // MARK: Two people

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
                try Self.record(
                    isGranted ? .approved : .returned, of: found.id, at: moment, by: .staff(member.id),
                    note: reason, on: connection)
                if isGranted {
                    try handle(found, handling, by: .staff(member.id), at: moment, on: connection)
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
        if found.parking == .loss, let serial = found.serial {
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
                try Self.undone(
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

    // MARK: Looking

    private static func enterprise(of number: String, on connection: isolated Connection) throws
        -> Enterprise.ID?
    {
        try connection.query("SELECT enterprise_id FROM differences WHERE number = \(number)").first
            .flatMap { try $0.decode("enterprise_id", as: Enterprise.ID?.self) }
    }

    /// The case, locked, if the person's region reaches it. One without an enterprise belongs to the whole country.
    private static func lock(_ number: String, within region: Region, on connection: isolated Connection)
        throws -> Difference
    {
        _ = try connection.query("SELECT lock_difference(\(number))")
        let rows = try connection.query(
            "\(fragment: selection) WHERE d.number = \(number) AND \(fragment: reach(of: region))")
        guard let row = rows.first else { throw DifferenceError.notFound }
        return try difference(row)
    }

    static func reach(of region: Region) -> SQL {
        region == .national ? "true" : "(d.enterprise_id IS NOT NULL AND \(fragment: region.condition))"
    }

    static let selection: SQL = """
        SELECT d.id, d.number, d.channel, d.class, d.settlement_date, d.order_id, o.number AS order_number, d.serial,
            d.bank_amount, d.our_amount, d.detail, d.parking, d.amount,
            d.parking = 'receipt' AND EXISTS (
                SELECT FROM bank_file_lines l
                JOIN differences b ON b.channel = l.channel AND b.serial = l.original_serial
                WHERE l.channel = d.channel AND l.serial = d.serial AND NOT l.is_duplicate
                    AND b.handling = 'borne' AND b.state = 'resolved') AS is_borne,
            d.state, d.handling, d.enterprise_id,
            e.name AS enterprise_name, e.merchant_number, d.reason, d.version, d.raised_at, d.state_since
        FROM differences d LEFT JOIN orders o ON o.id = d.order_id
        LEFT JOIN enterprises e ON e.id = d.enterprise_id LEFT JOIN cities ON cities.code = e.city_code
        """

    static func difference(_ row: Row) throws -> Difference {
        guard let channel = Channel(rawValue: try row["channel"]) else {
            throw UnreadableOrder(column: "channel")
        }
        return Difference(
            id: try row["id"], number: try row["number"], channel: channel, kind: try row["class"],
            settlementDate: try row["settlement_date"], orderNumber: try row["order_number"],
            serial: try row["serial"], bankAmount: try row["bank_amount"], ourAmount: try row["our_amount"],
            detail: try row["detail"], parking: try row["parking"], amount: try row["amount"],
            isBorne: try row["is_borne"], state: try row["state"], handling: try row["handling"],
            enterprise: try row["enterprise_id"],
            enterpriseName: try row["enterprise_name"], merchantNumber: try row["merchant_number"],
            reason: try row["reason"],
            version: try row["version"], raisedAt: try row["raised_at"], stateSince: try row["state_since"],
            orderID: try row["order_id"])
    }
}

extension Platform {
    /// The cases of reconciliation.
    public var differences: Differences { Differences(platform: self) }
}
