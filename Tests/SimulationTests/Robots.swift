import Foundation

/// Something that a robot is going to do.
enum RobotAction: Sendable {
    /// A clerk places an order; the company's place in the list.
    case topUp(Int), payBill(Int), withdraw(Int)
    /// Somebody of the company goes to the bank with a top-up, and presses a button there.
    case press(BankTicket, String)
    /// A clerk cancels an order at the portal.
    case cancel(Int, String)
    /// The two people of the platform work off what waits for them.
    case workOff
}

/// A payment as the bank's page knows it, with the form that brought it there.
struct BankTicket: Sendable {
    let action: String
    let fields: [(String, String)]

    /// The fields that a button of the bank's page sends.
    var identity: [(String, String)] { fields.filter { ["merId", "orderId", "txnTime"].contains($0.0) } }
}

/// What the robots have planned, in the order of time; what is planned for the same moment in the order of planning.
struct RobotAgenda {
    private var entries: [(at: Date, action: RobotAction)] = []

    /// When the next thing is to be done.
    var next: Date? { entries.last?.at }

    mutating func add(_ action: RobotAction, at moment: Date) {
        let place = entries.firstIndex { $0.at <= moment } ?? entries.endIndex
        entries.insert((moment, action), at: place)
    }

    mutating func takeDue(by moment: Date) -> RobotAction? {
        guard let last = entries.last, last.at <= moment else { return nil }
        return entries.removeLast().action
    }
}
