import Payments

/// What happened to an order, newest first.
struct Timeline: Sendable {
    /// One event.
    struct Entry: Sendable {
        /// What happened.
        let title: String
        /// Whether there is more to say.
        let hasNote: Bool
        /// Who did it.
        let note: String
        /// The time as people read it, Beijing.
        let time: String
        /// The time as machines read it.
        let machineTime: String
    }

    /// The events, newest first.
    let entries: [Entry]

    /// The events of an order, with the words that its kind has for them. Events without words are for staff only;
    /// so is the evidence that an event carries.
    init<Event: RawRepresentable<String>>(_ events: [OrderEvent], words: (Event) -> String?) {
        entries = events.sorted { $0.happenedAt < $1.happenedAt }.reversed().compactMap { event in
            guard let title = Event(rawValue: event.event).flatMap(words) else { return nil }
            return Entry(
                title: title, hasNote: event.actorName != nil, note: event.actorName ?? "",
                time: BeijingTime.second(event.happenedAt), machineTime: BeijingTime.machine(event.happenedAt)
            )
        }
    }
}
