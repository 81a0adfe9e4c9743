import Foundation
import Postgres

/// How the bank's word about a top-up reaches the books: by a question of ours or by its notification, through one
/// door, so that nothing is credited twice.
extension TopUps {
    /// How long after its deadline an order may stay open before a person is told, in seconds.
    static let openTooLongSeconds = 86_400.0

    /// Brings a top-up one step further: lets it expire before the hand-off, asks the bank after it.
    func advance(_ id: Int64, attempts: Int) async throws {
        let moment = platform.effects.now()
        let rows = try await platform.database.query("\(fragment: Self.selection) WHERE o.id = \(id)")
        guard let topUp = try rows.first.map(Self.topUp) else { throw TopUpError.notFound }
        switch topUp.status {
        case .created: try await expire(topUp, at: moment)
        case .atBank, .closing, .closed:
            try await settle(topUp, try await word(about: topUp), askedAt: moment, attempts: attempts)
        case .lateDebited:
            try await settle(topUp, try await word(about: topUp), askedAt: moment, attempts: attempts)
            try await takeOver(id)
        case .inReview: try await takeOver(id)
        case .credited, .refundedByBank, .returned, .reversalParked, .reversed:
            // A job that outlived its order's need for it.
            try await platform.database.transaction { try Jobs.finish(.topUp, id, on: $0) }
        }
    }

    /// What the bank says of a top-up now.
    private func word(about topUp: TopUp) async throws -> TopUpEvidence {
        let evidence = await platform.bank.askAbout(topUp)
        let id = topUp.reference.id
        guard evidence.isSilence,
            let notice = try await BankMessages.paidNotice(of: id, in: platform.database)
        else { return evidence }
        // The bank's own signed word that the money is there outweighs a question that got no answer.
        return .paid(serial: notice.serial, settlementDay: notice.settlementDay)
    }

    /// Whether a file's payment of an order whose time for paying is over may be booked now. The bank is asked first: a file does
    /// not tell a payment from a late debit (42), which the bank gives back by itself. A late debit is noted here, so that its
    /// money is parked. Until the bank says one thing the payment waits, and a person is told.
    ///
    /// - Parameters:
    ///   - amount: of the payment, in fen; another than was ordered is credited by no file.
    ///   - day: of the file. It is believed against the bank's word when the days are over on which the bank may correct it.
    func isBookable(_ amount: Money, of id: Int64, filed day: LocalDate) async throws -> Bool {
        let moment = platform.effects.now()
        let rows = try await platform.database.query("\(fragment: Self.selection) WHERE o.id = \(id)")
        guard let topUp = try rows.first.map(Self.topUp), topUp.status.waitsForBank, topUp.amount == amount,
            moment >= topUp.payUntil
        else { return true }
        let over = max(day, LocalDate(topUp.payUntil)).adding(days: BankFiles.graceDays + 1).start
        let evidence = try await word(about: topUp)
        switch evidence {
        case .paid: return true
        case .debitedLate:
            try await settle(topUp, evidence, askedAt: moment, attempts: 0, isFiled: true)
            return true
        case .unclear:
            if moment >= over {
                try await tell("银行对账文件已有付款，查询至今没有明确结果，请与银行核实", of: id, at: moment)
            }
            return false
        case .declined, .notKnown:
            if moment >= over { return true }
            try await tell("银行对账文件已有付款，查询却答未付款，请与银行核实", of: id, at: moment)
            return false
        }
    }

    private func tell(_ detail: String, of id: Int64, at moment: Date) async throws {
        try await platform.database.transaction {
            try WorkItems.raise("topUp.contradicted", order: id, detail: detail, at: moment, on: $0)
        }
    }

    /// Closes an order that was never handed to the bank.
    private func expire(_ topUp: TopUp, at moment: Date) async throws {
        try await platform.database.transaction { connection in
            try connection.lockOrders(of: topUp.reference.enterprise)
            guard let now = try Self.current(topUp.reference.id, on: connection), now.status == .created
            else {
                return
            }
            guard moment >= now.payUntil else {
                try Jobs.again(.topUp, now.reference.id, due: now.payUntil, on: connection)
                return
            }
            try Orders.record(
                .deadlinePassed, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
            try Jobs.finish(.topUp, now.reference.id, on: connection)
        }
    }

    /// Draws the consequence of what the bank said, in one transaction. An answer that is weaker than what is known
    /// changes nothing.
    ///
    /// - Parameter askedAt: when the question was sent. A "no" to a question sent before the deadline is not the last
    ///   word, even when it arrives after it.
    /// - Parameter isFiled: whether a file has the payment, which waits to be booked. What the bank then calls a late debit is
    ///   one, whatever it has notified us of: parked, its money is lost to nobody.
    func settle(
        _ topUp: TopUp, _ evidence: TopUpEvidence, askedAt: Date, attempts: Int, isFiled: Bool = false
    ) async throws {
        let moment = platform.effects.now()
        let id = topUp.reference.id
        try await platform.database.transaction { connection in
            try connection.lockOrders(of: topUp.reference.enterprise)
            guard let now = try Self.current(id, on: connection) else { return }
            let isOverdue = askedAt >= now.payUntil
            if evidence.isNo(isOverdue: isOverdue), !isFiled, now.status.waitsForBank,
                try BankMessages.paidNotice(of: id, on: connection) != nil
            {
                // The bank has said both: nothing is booked and nothing is closed until it says one thing.
                try WorkItems.raise(
                    "topUp.contradicted", order: id, detail: "银行通知已付款，查询却答未成功，请与银行核实", at: moment,
                    on: connection)
                try Jobs.again(
                    .topUp, id, due: Rhythm.payment.next(after: attempts + 1, from: moment), on: connection)
                return
            }
            switch evidence {
            case .paid(let serial, let day):
                try Self.credit(
                    now, serial: serial, settlementDate: SettlementDay.date(day, near: moment), at: moment,
                    on: connection)
            case .debitedLate where now.status == .credited:
                // The file decides; until then a person knows.
                try Orders.record(
                    .lateDebitReported, from: now.status, of: now.reference, at: moment, by: .bank,
                    note: "42",
                    on: connection)
                try WorkItems.raise(
                    "topUp.lateDebit", order: id, detail: "充值已入账，银行又称在时限之后扣款，请与银行核实", at: moment,
                    on: connection)
                try Jobs.finish(.topUp, id, on: connection)
            case .debitedLate:
                guard now.status.waitsForBank else { return }
                try Orders.record(
                    .lateDebitReported, from: now.status, of: now.reference, at: moment, by: .bank,
                    note: "42",
                    on: connection)
                try WorkItems.raise(
                    "topUp.lateDebit", order: id, detail: "银行在时限之后扣款，等待银行退回", at: moment, on: connection)
                try Self.leaveToBank(id, from: moment, on: connection)
            case .declined(let code) where isOverdue && (now.status == .atBank || now.status == .closing):
                let status = try Self.closing(now, at: moment, on: connection)
                try Orders.record(
                    .notPaidConfirmed, from: status, of: now.reference, at: moment, by: .bank, note: code,
                    on: connection)
                try Jobs.finish(.topUp, id, on: connection)
            case .notKnown where try Self.isAbsent(now, on: connection):
                try Orders.record(
                    .absentFromFiles, from: now.status, of: now.reference, at: moment, by: .system,
                    note: "34",
                    on: connection)
                try Jobs.finish(.topUp, id, on: connection)
            case .declined, .notKnown, .unclear:
                guard now.status == .atBank || now.status == .closing else {
                    if !now.status.isLeftToBank { try Jobs.finish(.topUp, id, on: connection) }
                    return
                }
                try Self.note(evidence, of: now, at: moment, on: connection)
                let next = evidence.next(after: attempts + 1, from: moment)
                if !isOverdue {
                    // The question at the deadline is not missed by a long pause before it.
                    let due = min(next, max(now.payUntil, evidence.next(after: 0, from: moment)))
                    try Jobs.again(.topUp, id, due: due, on: connection)
                } else if now.status == .atBank {
                    // No use of the long pauses that the time before the deadline has led to: the last question
                    // begins a rhythm of its own.
                    try Self.closing(now, at: moment, on: connection)
                    try Jobs.schedule(
                        .topUp, id, due: evidence.next(after: 0, from: moment), on: connection)
                } else {
                    if moment >= now.payUntil.addingTimeInterval(Self.openTooLongSeconds) {
                        try WorkItems.raise(
                            "topUp.openTooLong", order: id, detail: "付款时限已过一天，银行仍未给出结果", at: moment,
                            on: connection)
                    }
                    try Jobs.again(.topUp, id, due: next, on: connection)
                }
            }
        }
    }

    /// Records that an attempt has failed, or that the bank's answer says nothing, the first time that it happens. After the time
    /// for paying neither is news.
    private static func note(
        _ evidence: TopUpEvidence, of now: TopUp, at moment: Date, on connection: isolated Connection
    ) throws {
        guard now.status == .atBank else { return }
        switch evidence {
        case .declined(let code):
            try Orders.recordOnce(
                .declinedBeforeTimeout, from: now.status, of: now.reference, at: moment, by: .bank,
                note: code, on: connection)
        case .unclear(let reason, _):
            try Orders.recordOnce(
                .answerUnclear, from: now.status, of: now.reference, at: moment, by: .system, note: reason,
                on: connection)
        case .paid, .debitedLate, .notKnown: break
        }
    }

    /// Whether the bank does not know an order whose time is over, and the complete files lack it.
    private static func isAbsent(_ topUp: TopUp, on connection: isolated Connection) throws -> Bool {
        guard topUp.status == .closing else { return false }
        return try BankFiles.lack(
            topUp.number, from: LocalDate(topUp.createdAt), until: LocalDate(topUp.payUntil), on: connection)
    }

    /// Notes that the time for paying is over, if that was not noted before; gives the state afterwards.
    @discardableResult
    private static func closing(
        _ topUp: TopUp, at moment: Date, on connection: isolated Connection
    ) throws -> TopUpStatus {
        guard topUp.status == .atBank else { return topUp.status }
        return try Orders.record(
            .deadlinePassed, from: topUp.status, of: topUp.reference, at: moment, by: .system, on: connection)
    }

    /// Books the money: step, entry, serial, audit in the caller's transaction. The serial's claim and the entry's
    /// claim each refuse a second booking.
    static func credit(
        _ topUp: TopUp, serial: String, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let id = topUp.reference.id
        guard topUp.status.waitsForBank else {
            if topUp.status == .lateDebited || topUp.status == .refundedByBank {
                // Its money is parked when the file brings it, and two people decide.
                try Orders.record(
                    .paidConfirmed, from: topUp.status, of: topUp.reference, at: moment, by: .bank,
                    note: serial, on: connection)
                try leaveToBank(id, from: moment, on: connection)
            } else if !topUp.status.isLeftToBank {
                try Jobs.finish(.topUp, id, on: connection)
            }
            if topUp.bankSerial != serial {
                try WorkItems.raise(
                    "topUp.contradicted", order: id, detail: "订单已了结，银行又报告成功，流水号 \(serial)", at: moment,
                    on: connection)
            }
            return
        }
        guard try connection.state(of: topUp.reference.enterprise) != .closed else {
            // The file of the day parks the money; a closed company is credited by nobody but two people.
            try WorkItems.raise(
                "topUp.enterpriseClosed", order: id, detail: "单位已销户，银行报告付款成功，流水号 \(serial)", at: moment,
                on: connection)
            try Jobs.again(
                .topUp, id, due: moment.addingTimeInterval(openTooLongSeconds), on: connection)
            return
        }
        try Orders.record(
            .paidConfirmed, from: topUp.status, of: topUp.reference, at: moment, by: .bank, note: serial,
            on: connection)
        try BankSerials.claim(
            serial, .payment, of: .order(id), amount: topUp.reference.amount, day: settlementDate, at: moment,
            on: connection)
        try Ledger.post(
            JournalEntry(
                .topUpPaid, of: topUp.reference, event: TopUpStatus.Event.paidConfirmed.rawValue,
                owner: Channel.gateway.rawValue, clearingItem: settlementDate.description),
            at: moment, on: connection)
        _ = try connection.execute(
            """
            UPDATE top_ups SET bank_serial = \(serial), settlement_date = \(settlementDate) WHERE order_id = \(id)
            """)
        try Jobs.finish(.topUp, id, on: connection)
    }

    static func current(_ id: Int64, on connection: isolated Connection) throws -> TopUp? {
        try connection.query("\(fragment: selection) WHERE o.id = \(id)").first.map(topUp)
    }
}
