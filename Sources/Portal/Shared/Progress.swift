/// The steps of a flow, with the one that is being taken.
struct Progress: Sendable {
    /// One step.
    struct Step: Sendable {
        /// What is done in it.
        let label: String
        /// Whether it lies behind.
        let isDone: Bool
        /// Whether it is the one being taken.
        let isCurrent: Bool
    }

    /// The steps in order.
    let steps: [Step]

    /// Steps of which `current` (from 0) is being taken; equal to their count when all are done.
    init(_ labels: [String], current: Int) {
        steps = labels.enumerated().map { index, label in
            Step(label: label, isDone: index < current, isCurrent: index == current)
        }
    }
}
