import Foundation

extension Timeline {
    /// Events that staff see: what happened, who did it or why, and when; given oldest first.
    init(oldestFirst events: [(title: String, note: String?, at: Date)]) {
        entries = events.reversed().map { event in
            Entry(
                title: event.title, hasNote: event.note != nil, note: event.note ?? "",
                time: BeijingTime.minute(event.at), machineTime: BeijingTime.machine(event.at))
        }
    }
}
