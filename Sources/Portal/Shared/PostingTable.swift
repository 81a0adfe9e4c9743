import Payments

/// 会计分录: what was posted, line by line, for staff. Debit and credit stand in two columns, so that no minus sign is ever
/// needed.
struct PostingTable: Sendable {
    /// One line of an entry.
    struct Row: Sendable {
        let time: String
        let code: String
        let account: String
        let item: String
        let debit: String
        let credit: String

        init(_ line: PostedLine) {
            time = BeijingTime.second(line.bookedAt)
            code = line.code
            let owner = Channel(rawValue: line.owner)?.label ?? line.owner
            account = owner.isEmpty ? line.account.label : "\(line.account.label)（\(owner)）"
            item = line.item
            debit = line.amount.isNegative ? "" : line.amount.formatted
            credit = line.amount.isNegative ? Money(fen: 0 - line.amount.fen).formatted : ""
        }
    }

    /// Whether anything was posted.
    let hasRows: Bool
    /// The lines, oldest entry first.
    let rows: [Row]

    /// A table of lines, in their order.
    init(_ lines: [PostedLine]) {
        rows = lines.map(Row.init)
        hasRows = !rows.isEmpty
    }
}
