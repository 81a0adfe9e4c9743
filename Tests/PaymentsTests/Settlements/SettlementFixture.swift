import Foundation
import Postgres
import UnionPay

@testable import Payments

/// Acts that are not the same command as any other.
extension BillerSettlements {
    func propose(_ number: String, version: Int, by member: StaffMember, from origin: Origin) async throws {
        try await propose(
            number, version: version, command: CommandID(effects: platform.effects), by: member, from: origin)
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

extension MoneyFixture {
    /// The biller of the payments of 42 yuan.
    static let biller = "EXACT"

    /// A payment of 42 yuan that is written off and, unless a test says otherwise, in the biller's statement.
    @discardableResult
    func collectable(isAgreed: Bool = true) async throws -> String {
        let number = try await submitBill()
        try await pass(0)
        if isAgreed { try await agree([number]) }
        return number
    }

    /// The biller's statement has these payments, or not any more.
    func agree(_ numbers: [String], isAgreed: Bool = true) async throws {
        try await owner.execute(
            """
            UPDATE bill_payments SET agreed_on = CASE WHEN \(isAgreed) THEN DATE '2026-11-22' END
            WHERE order_id IN (SELECT id FROM orders WHERE number = ANY(\(numbers)))
            """)
    }

    /// The biller's account, whose last four digits are these.
    func account(_ tail: String = "0001") async throws {
        try await platform.billers.registerAccount(
            BankAccountNumber(entered: "430012345678\(tail)"), at: "ICBC",
            lineNumber: BankLineNumber(entered: "105100000017"), holderName: "长沙清源水务",
            licenceNumber: CreditCode(entered: "91430100MA4L0002XB"), of: Self.biller)
    }

    /// The settlements of today are put together.
    func collect() async throws { try await platform.billerSettlements.collect(LocalDate(clock.now)) }

    /// All settlements, the oldest first.
    func settlements() async throws -> [BillerSettlement] {
        try await platform.billerSettlements.list(within: .national, limit: 100).rows.reversed()
    }

    /// The newest settlement.
    func settlement() async throws -> BillerSettlement {
        guard let found = try await settlements().last else { throw RowMissing() }
        return found
    }

    /// A member of operations proposes to pay the newest settlement.
    func proposeSettlement() async throws {
        let found = try await settlement()
        try await platform.billerSettlements.propose(
            found.number, version: found.version, by: operations(), from: clerk.origin)
    }

    /// A supervisor decides about the newest settlement.
    func decideSettlement(isGranted: Bool = true, reason: String = "") async throws {
        let found = try await settlement()
        try await platform.billerSettlements.decide(
            found.number, isGranted: isGranted, reason: reason, version: found.version, by: supervisor(),
            from: clerk.origin)
    }

    /// A settlement of one payment of 42 yuan on which two people have agreed.
    func agreedSettlement() async throws {
        try await account()
        try await collectable()
        try await collect()
        try await proposeSettlement()
        try await decideSettlement()
    }

    /// A settlement of 42 yuan that the bank says it has paid.
    func paidSettlement() async throws -> BillerSettlement {
        try await agreedSettlement()
        confirmPayouts()
        try await pass(0)
        try await pass(200)
        return try await settlement()
    }

    /// The files of the day that the bank names in its answers, and of the three after it, with the top-ups only.
    func filesWithoutSettlement() async throws {
        try await fileOfToday()
        for offset in 1...3 { try await file(Self.day.adding(days: offset), []) }
    }

    /// From now on the bank says that it has paid 42 yuan.
    func confirmPayouts() {
        world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 4_200) }
    }

    /// The names of the events of the newest settlement, but for those of its collection.
    func settlementEvents() async throws -> [String] {
        let details = try await platform.billerSettlements.find(settlement().number, within: .national)
        return Array((details?.events ?? []).map(\.event).drop { $0 != "proposed" })
    }

    /// How many payouts the bank was sent.
    var payoutCalls: Int { world.calls.count { $0.hasSuffix("backTransReq.do") } }

    /// The file of the day that the bank names in its answers, with the top-ups of the test.
    func fileOfToday(_ lines: [BankFiles.Line] = []) async throws {
        let topUps = try await owner.query(
            "SELECT o.number, o.amount, t.bank_serial FROM top_ups t JOIN orders o ON o.id = t.order_id ORDER BY o.id"
        ).map { row in
            BankFiles.Line(
                trade: .payment, serial: try row["bank_serial"], orderNumber: try row["number"],
                amount: try row["amount"])
        }
        try await file(topUps + lines)
    }

    /// What the bank's file has of a payout, and of its return.
    func payoutLine(_ number: String, serial: String, fen: Int64 = 4_200) -> BankFiles.Line {
        BankFiles.Line(trade: .payout, serial: serial, orderNumber: number, amount: fen)
    }

    func returnLine(_ number: String, serial: String, of original: String, fen: Int64 = 4_200)
        -> BankFiles.Line
    {
        BankFiles.Line(
            trade: .payoutReturn, serial: serial, originalSerial: original, orderNumber: number, amount: fen)
    }

    /// The signed body of a notification that a payout to a biller was paid.
    func payoutNotification(of settlement: BillerSettlement) throws -> [UInt8] {
        guard let attempt = settlement.attempt, let digits = attempt.transactionTime,
            let time = BeijingTime(digits: digits)
        else { throw RowMissing() }
        let order = OrderIdentity(
            merchant: try UnionPay.MerchantNumber("777290058110097"), number: try OrderNumber(attempt.number),
            time: time)
        return try OutsideKeys.bank.get().bankSide.body(
            of: TransactionNotification(
                product: .payout, order: order, responseCode: .success,
                transaction: world.transaction(order, settlement.net.fen)))
    }
}
