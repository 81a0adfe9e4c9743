import Payments

/// An amount to be confirmed or reported: in figures and in capitals (大写).
struct Amount: Sendable {
    /// `1,234,567.89`
    let figures: String
    /// 人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分
    let capital: String

    /// Both spellings of an amount.
    init(_ money: Money) {
        figures = money.formatted
        capital = money.chineseCapital
    }
}
