import Foundation
import UnionPay

/// A settlement day that was closed: all amounts in fen.
struct SettlementDay: Codable, Sendable {
    let day: BankDay
    /// How many trades the day's file has.
    let count: Int
    /// What goes to the merchant, and what comes from it, before fees.
    let credits: Int64
    let debits: Int64
    let fees: Int64
    /// What the merchant gets; negative when it pays.
    let net: Int64
    let closedAt: Date
    /// When the net moves.
    let transferAt: Date

    /// A day with its trades.
    init(_ day: BankDay, trades: [Trade], closedAt: Date, transferAt: Date) {
        let sum = { (isCredit: Bool) in
            trades.filter { $0.isCredit == isCredit }.reduce(Int64(0)) { $0 + $1.amount }
        }
        self.day = day
        count = trades.count
        credits = sum(true)
        debits = sum(false)
        fees = trades.reduce(0) { $0 + $1.fee }
        net = trades.reduce(0) { $0 + $1.net }
        self.closedAt = closedAt
        self.transferAt = transferAt
    }
}

/// A line of the reserve account: what the merchant's reserve bank shows.
struct ReserveLine: Codable, Sendable {
    let serial: String
    let bookedAt: Date
    /// In fen; positive into the account, negative out of it.
    let amount: Int64
    let counterparty: String
    let purpose: String
    /// The settlement day whose net it is; nil for other money.
    var settlementDay: BankDay?
}

extension BankBook {
    /// Does what has become due, in the order of time, as if it had been done in time. Gives the orders that were decided
    /// and are to be announced; what a restart finds decided and not announced is announced then.
    func advance(to time: Date) throws -> [BankOrder] {
        var decided: [BankOrder] = []
        while let due = takeDue(by: time) {
            do {
                switch due.event {
                case .order(let key):
                    if let order = try decide(key, at: due.at) {
                        if order.kind != .payment { decided.append(order) }
                    } else {
                        try payAgain(key, at: due.at)
                        try followUp(key, at: due.at)
                    }
                case .closing(let day): try close(day, at: due.at)
                case .transfer(let day): try transfer(day, at: due.at)
                }
            } catch {
                schedule(due)
                throw error
            }
        }
        return decided
    }

    private func close(_ day: BankDay, at time: Date) throws {
        let closed = SettlementDay(
            day, trades: state.trades.filter { $0.settlementDay == day && $0.isInFile }, closedAt: time,
            transferAt: state.rules.transfer(of: day))
        try write(Record(closedDay: closed))
        schedule(
            BankState.Due(at: state.rules.cutOff(of: day.adding(1)), event: .closing(day.adding(1))))
        if closed.net != 0 { schedule(BankState.Due(at: closed.transferAt, event: .transfer(closed))) }
    }

    private func transfer(_ day: SettlementDay, at time: Date) throws {
        try write(
            Record(
                reserveLine: ReserveLine(
                    serial: reserveSerial(at: time), bookedAt: time, amount: day.net,
                    counterparty: "中国银联股份有限公司（模拟）", purpose: "商户清算 \(day.day.digits)",
                    settlementDay: day.day)))
    }

    /// Money of the merchant's own that comes to the reserve account or leaves it; `amount` in fen, negative when it
    /// leaves.
    func moveOwnFunds(_ amount: Int64, purpose: String, at time: Date) throws {
        try write(
            Record(
                reserveLine: ReserveLine(
                    serial: reserveSerial(at: time), bookedAt: time, amount: amount,
                    counterparty: "平台自有资金账户（模拟）", purpose: purpose)))
    }

    private func reserveSerial(at time: Date) -> String {
        "RS" + BankDay(of: time).digits + String(format: "%08d", state.reserveLines.count + 1)
    }

    /// The trades of a merchant's file of a settlement day; nil while there is no file: before the night run, and for ever
    /// when there was no trade.
    func fileTrades(of day: BankDay, merchant: String, at time: Date) -> [Trade]? {
        guard let last = state.closedDays.last, day <= last.day, time >= state.rules.nightRun(after: day)
        else {
            return nil
        }
        let trades = state.trades.filter {
            $0.settlementDay == day && $0.isInFile && $0.order.merId == merchant
        }
        return trades.isEmpty ? nil : trades
    }

    /// The reserve account's statement of a calendar day; nil before the night run of that day, and for days before the
    /// book has its first entry.
    func statement(of day: BankDay, at time: Date) -> ReserveStatement? {
        let starts = [state.trades.first?.bookedAt, state.reserveLines.first?.bookedAt].compactMap { $0 }
        guard
            let first = starts.min(), BankDay(of: first) <= day, time >= state.rules.nightRun(after: day)
        else { return nil }
        let earlier = state.reserveLines.filter { BankDay(of: $0.bookedAt) < day }
        return ReserveStatement(
            day: day, opening: earlier.reduce(0) { $0 + $1.amount },
            lines: state.reserveLines.filter { BankDay(of: $0.bookedAt) == day })
    }
}

/// What the reserve account shows of one calendar day.
struct ReserveStatement: Sendable {
    let day: BankDay
    /// The balance before the day, in fen.
    let opening: Int64
    let lines: [ReserveLine]

    /// As CSV (RFC 4180) in UTF-8, with heads; amounts in whole fen. README describes the columns. A truncated one has
    /// lost its second half, with it the closing balance.
    func csv(isTruncated: Bool = false) -> [UInt8] {
        var rows = [
            [
                "record", "day", "serial", "bookedAt", "direction", "amount", "balance", "counterparty",
                "purpose",
            ]
        ]
        var balance = opening
        rows.append(["opening", day.text, "", "", "", "", "\(balance)", "", ""])
        for line in lines {
            balance += line.amount
            rows.append([
                "line", day.text, line.serial, Self.readable(line.bookedAt), line.amount < 0 ? "out" : "in",
                "\(line.amount.magnitude)", "\(balance)", line.counterparty, line.purpose,
            ])
        }
        rows.append(["closing", day.text, "", "", "", "", "\(balance)", "", ""])
        let text = rows.map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
        let bytes = Array(text.utf8)
        return isTruncated ? Array(bytes.prefix(bytes.count / 2)) : bytes
    }

    /// `2026-11-27T10:00:00+08:00`.
    private static func readable(_ time: Date) -> String {
        PhoneRoutes.readable(time).replacingOccurrences(of: " ", with: "T") + "+08:00"
    }

    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"\r\n".contains($0) }) else { return field }
        return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
