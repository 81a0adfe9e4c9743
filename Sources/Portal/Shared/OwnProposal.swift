/// What stands in place of the decision's buttons for whoever has proposed what waits, on every page of two people.
enum OwnProposal {
    static let remark = "由您提出，等待他人复核。"
}
