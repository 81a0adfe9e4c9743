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
        /// When it was done, where that is told.
        let doneAt: String?
    }

    /// The steps in order.
    let steps: [Step]

    /// Steps of which `current` (from 0) is being taken; equal to their count when all are done.
    ///
    /// - Parameter times: when each step was done, as far as that is known and told.
    init(_ labels: [String], current: Int, times: [String?] = []) {
        steps = labels.enumerated().map { index, label in
            Step(
                label: label, isDone: index < current, isCurrent: index == current,
                doneAt: index < times.count ? times[index] : nil)
        }
    }
}
