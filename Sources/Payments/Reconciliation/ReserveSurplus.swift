import Foundation
import Postgres

/// What the net of a settlement day has brought too much.
extension ReserveStatements {
    /// A case `d` with what a net has brought too much, in which two people have called it the platform's own.
    static let movedSurplus: SQL = """
        (d.channel = 'reserve' AND d.class = 'amountDiffers' AND d.parking = 'receipt')
        """

    /// What a net has brought too much is a case since it came, and stays under its day, where a later booking may explain it.
    /// What of it is still left there after the waiting days is a case of its own, in place of that one, which two people can
    /// end.
    func reportSurplus(
        of settled: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws {
        let known: Money? = try connection.query(
            """
            SELECT bank_amount FROM differences WHERE channel = \(Channel.reserve.rawValue) AND settlement_date = \(settled)
                AND class = \(DifferenceClass.amountDiffers) AND serial IS NULL AND state IN ('open', 'proposed')
            """
        ).first?["bank_amount"]
        guard let left = try Self.surplus(of: settled, on: connection) else { return }
        guard left != known ?? .zero else { return }
        try Differences.clear(
            reserve: settled, note: "过了 \(Self.waitingDays) 个工作日，无说明的余额为 \(left.formatted)", at: moment,
            on: connection)
        guard left > .zero else { return }
        try platform.differences.open(
            Differences.New(
                channel: .reserve, kind: .amountDiffers, settlementDate: settled, bankAmount: left,
                detail: "清算日 \(settled) 到备付金账户的净额比对账文件多，过了 \(Self.waitingDays) 个工作日仍无说明"),
            at: moment, on: connection)
    }

    /// How much of what a net has brought too much is left in clearing under its day, in fen. What we have booked and the file
    /// lacks explains it, also where that is parked as a loss for two people. What people have moved already is not left. Nil while
    /// the day's file is worked off, when nobody can say.
    static func surplus(of settled: LocalDate, on connection: isolated Connection) throws -> Money? {
        let jobs = try connection.query(
            """
            SELECT 1 AS one FROM jobs WHERE kind = \(JobKind.bankFile) AND subject_id = \(Int64(settled.daysSinceEpoch))
            """)
        guard jobs.isEmpty else { return nil }
        let unexplained = try -unfiled(settled, on: connection)
        let rows = try connection.query(
            """
            SELECT least(
                (SELECT coalesce(sum(change), 0) FROM reserve_statement_lines WHERE settlement_date = \(settled))
                    - coalesce((SELECT (\(fragment: net)) FROM bank_files f WHERE f.settlement_date = \(settled)), 0)
                    - (SELECT coalesce(sum(d.amount), 0) FROM differences d
                        WHERE \(fragment: movedSurplus) AND d.settlement_date = \(settled)),
                \(unexplained) - (SELECT coalesce(sum(d.amount), 0) FROM differences d
                    WHERE d.settlement_date = \(settled) AND d.channel <> \(Channel.reserve.rawValue)
                        AND d.class = \(DifferenceClass.oursOnly) AND d.parking IN ('loss', 'order') AND d.state IN ('open', 'proposed'))
                )::bigint AS surplus
            """)
        return max(.zero, try rows.only()["surplus"])
    }
}
