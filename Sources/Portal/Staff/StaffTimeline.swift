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

    /// Who did something and why, as far as either is known.
    static func note(by name: String?, _ reason: String?) -> String? {
        let parts = [name, reason].compactMap(\.self).filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: "：")
    }
}
