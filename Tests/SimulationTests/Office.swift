import Foundation
import Postgres
import UnionPay

@testable import Payments
@testable import Sandbox

/// The two people of the platform who work off what no machine may decide.
struct Office: Sendable {
    /// Who proposes, and who decides.
    var operations: Desk?
    var supervisor: Desk?
    /// Cases that a person has tried and can do nothing about: the bank does not give back what its file made up.
    var left: Set<String> = []
    /// The cases and settlements that were given back by the supervisor once.
    var givenBack: Set<String> = []
    /// The cases that both have agreed on once.
    var decided: Set<String> = []
}

/// A member of staff with a browser.
struct Desk: Sendable {
    let number: String
    let password: String
    let visitor: Visitor
}

extension Simulation {
    /// Adds the staff.
    func addStaff() async throws -> (manager: StaffMember, supervisor: StaffMember, operations: StaffMember) {
        func add(_ number: String, _ role: StaffRole, _ mobile: String) async throws -> (StaffMember, Desk) {
            let added = try await platform.staff.add(
                number: number, name: "员工\(number)", role: role, region: .national, mobile: mobile,
                isLasting: true, at: clock.now)
            guard let member = try await platform.staff.find(number: number) else {
                throw Unexpected("\(number) is not there")
            }
            return (
                member, Desk(number: number, password: added.password.revealed, visitor: Visitor(application))
            )
        }
        let (manager, _) = try await add("KH0001", .accountManager, "13900000001")
        let (supervisor, decider) = try await add("SH0001", .supervisor, "13900000002")
        let (operations, proposer) = try await add("YY0001", .operations, "13900000003")
        office.operations = proposer
        office.supervisor = decider
        return (manager, supervisor, operations)
    }

    /// A round at the desk: fill the reserve, decide the open cases, look at what is kept back, let companies repay and pay again,
    /// pay billers.
    func workOff() async throws {
        try await fillReserve()
        try await decide()
        try await reviewHolds()
        try await settleDebts()
        try await settleBillers()
    }

    // MARK: Cases

    private func decide() async throws {
        guard let operations = office.operations, let supervisor = office.supervisor else { return }
        let open = try await platform.differences.list(
            Differences.Filter(isOpenOnly: true), within: .national, limit: 500)
        let bank = await world.sandbox.bank.state
        let untold = try await untold(bank)
        for found in open.reversed() where found.state == .open && !office.left.contains(found.number) {
            guard let handling = try await handling(of: found, by: bank, besides: untold) else { continue }
            let page = "/admin/differences/\(found.number)"
            try await send(
                page, "propose", [("handling", handling.rawValue), ("reason", "已与银行核实")], by: operations)
            let isGranted = office.givenBack.contains(found.number) || !random.happens(0.15)
            if isGranted {
                office.decided.insert(found.number)
            } else {
                office.givenBack.insert(found.number)
            }
            try await send(
                page, "decide",
                isGranted ? [("decision", "grant")] : [("decision", "return"), ("reason", "请附银行回单")],
                by: supervisor)
            count(isGranted ? "case \(handling.rawValue)" : "case given back")
        }
    }

    /// Opens a case's page, after signing in where the session has ended, and posts a form of it.
    func send(_ page: String, _ form: String, _ fields: [(String, String)], by desk: Desk)
        async throws
    {
        if try await desk.visitor.get(page).location.hasPrefix("/admin/login") {
            try await desk.visitor.get("/admin/login")
            let signedIn = try await desk.visitor.post(
                "/admin/login", [("login", desk.number), ("password", desk.password)])
            guard signedIn.status == 303 else { throw Unexpected("\(desk.number) was not signed in") }
            try await desk.visitor.get(page)
        }
        let answer = try await desk.visitor.post("\(page)/\(form)", fields)
        guard answer.status == 303 else {
            throw Unexpected("\(form) of \(page) with \(fields) answered \(answer.status)")
        }
    }

    /// What two people who have called the bank do with a case; nil when the bank has not come to the end of it.
    private func handling(
        of found: Difference, by bank: BankState, besides untold: Set<String>
    ) async throws -> Handling? {
        if found.channel == .biller { return try await handlingAtBiller(found) }
        let trade = found.serial.flatMap { bank.trade($0) }
        switch found.parking {
        case .receipt where found.channel == .reserve:
            // Own money that has been put in; or more than the file has, which its payer cannot be asked about.
            return .ownFunds
        case .receipt:
            // The bank gives a late debit back by itself; where its file forgets to say so, people wait for ever.
            if let trade, trade.kind == .lateDebit {
                let back = bank.orders[trade.order]?.followUpQueryId
                if let back, untold.contains(back) { office.left.insert(found.number) }
                return nil
            }
            guard trade != nil else {
                // The bank refuses to give back what only its file has; then nobody can do anything about it.
                guard office.decided.contains(found.number) else { return .returned }
                office.left.insert(found.number)
                return nil
            }
            if found.choices == [.recovered] { return .recovered }
            guard found.choices.contains(.returned) else { return .credited }
            return random.happens(0.5) ? .credited : .returned
        case .loss, .order:
            if holds(found, at: bank) { return .madeGood }
            return found.enterprise != nil && random.happens(0.5) ? .charged : .borne
        case .none where found.choices == [.absent]:
            // What the bank took too late has gone back to the payer by now, or people go on waiting.
            guard let number = found.orderNumber,
                let order = bank.orders.values.first(where: { $0.orderId == number })
            else { return nil }
            return order.followUpQueryId == nil ? nil : .absent
        // What came that no file tells, and that nothing has explained in days.
        case .none where found.isSurplus: return .ownFunds
        case .none:
            // What the files lack: a refund, whose number stands in place of a serial, or a payout.
            guard found.choices.contains(.absent), let number = found.serial ?? found.orderNumber
            else { return .acknowledged }
            let isKnown = bank.orders.values.contains { $0.orderId == number }
            return isKnown ? .acknowledged : .absent
        }
    }

    /// What two people who have called the biller do with a case about it.
    private func handlingAtBiller(_ found: Difference) async throws -> Handling {
        guard found.parking == .none else {
            // What a biller has written off late stays written off.
            return found.enterprise != nil && random.happens(0.5) ? .charged : .borne
        }
        guard found.choices.contains(.writtenOff), let number = found.orderNumber else {
            return .acknowledged
        }
        for book in world.sandbox.billers.values {
            if try await book.find(number, at: clock.now)?.status == .writtenOff { return .writtenOff }
        }
        return .writeOffFailed
    }

    /// Whether the bank has, after all, what we have booked as lost: its file was wrong.
    private func holds(_ found: Difference, at bank: BankState) -> Bool {
        guard let number = found.orderNumber else { return false }
        if number.hasPrefix("TP") {
            return bank.orders.values.contains {
                $0.orderId == number && $0.state == .paid && $0.followUpQueryId == nil
            }
        }
        // A payout that came back or never went.
        return bank.trades.filter { $0.order.orderId == number }
            .reduce(Int64(0)) { $0 + ($1.isCredit ? $1.amount : -$1.amount) } == 0
    }

    // MARK: Follow-up monitoring

    /// Two people let go, or cancel, the withdrawals that a rule of follow-up monitoring keeps back, and let go the payouts to
    /// billers.
    private func reviewHolds() async throws {
        guard let operations = office.operations, let supervisor = office.supervisor else { return }
        let cases = try await owner.query(
            """
            SELECT c.number, c.biller_code IS NOT NULL AS is_of_biller
            FROM follow_up_cases c JOIN withdrawal_holds h ON h.case_id = c.id
            WHERE h.state = 'active' AND (
                EXISTS (
                    SELECT FROM held_withdrawals k JOIN orders o ON o.id = k.order_id
                    WHERE k.hold_id = h.id AND o.state = 'accepted')
                OR EXISTS (
                    SELECT FROM held_settlements k JOIN biller_settlement_attempts t ON t.id = k.attempt_id
                    JOIN biller_settlements s ON s.id = t.settlement_id
                    WHERE k.hold_id = h.id AND s.state = 'payable' AND t.outcome IS NULL))
            ORDER BY c.id
            """)
        for found in cases {
            let (number, isOfBiller): (String, Bool) = (try found["number"], try found["is_of_biller"])
            let handling = isOfBiller || random.happens(0.8) ? "release" : "cancel"
            let page = "/admin/monitoring/\(number)"
            try await send(page, "hold", [("handling", handling), ("reason", "已与单位核实")], by: operations)
            try await send(page, "hold/approval", [], by: supervisor)
            count(isOfBiller ? "hold of a biller \(handling)" : "hold \(handling)")
        }
    }

    // MARK: Companies

    /// What a company owes it repays, as far as its balance reaches; one that owes nothing and has no loss left pays again.
    private func settleDebts() async throws {
        guard let operations = office.operations, let supervisor = office.supervisor else { return }
        let stopped = try await owner.query(
            "SELECT merchant_number FROM enterprises WHERE state = 'outgoingStopped' ORDER BY id"
        ).map { try $0.decode("merchant_number", as: String.self) }
        for number in stopped {
            guard let found = try await platform.repayments.receivable(of: number, within: .national) else {
                continue
            }
            let amount = min(found.owed, found.available)
            guard amount.isPositive || found.owed == .zero && !found.hasParkedLoss else { continue }
            let page = "/admin/enterprises/\(number)/receivable"
            try await send(
                page, "propose", [("amount", amount.plain), ("reason", "已与单位核实")], by: operations)
            try await send(page, "decide", [("decision", "grant")], by: supervisor)
            count(amount.isPositive ? "debt repaid" : "payments go on")
        }
    }

    // MARK: Reserve

    /// Has the platform's own money make up for what it has borne, paid in fees, or waits for: customers' money does not. It
    /// is moved at the bank; the portal hears of it by the statement.
    private func fillReserve() async throws {
        let spent = try await owner.query(
            """
            SELECT coalesce(sum(amount), 0)::bigint AS held FROM postings
            WHERE account IN ('channelCost', 'feeIncome', 'enterpriseReceivable', 'differenceReceivable')
            """
        ).only().decode("held", as: Int64.self)
        let filled = await world.sandbox.bank.state.reserveLines.filter { $0.settlementDay == nil }
            .reduce(Int64(0)) { $0 + $1.amount }
        guard spent > filled else { return }
        let status = try await world.post(
            World.address + "/control/reserve",
            Visitor.encode([("amount", "\(spent - filled)"), ("purpose", "补足备付金")]))
        guard status == 303 else { throw Unexpected("the bank's form for own money answered \(status)") }
        count("reserve filled")
    }
}
