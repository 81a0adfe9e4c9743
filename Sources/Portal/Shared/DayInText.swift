import Payments

extension LocalDate {
    /// The day as a sentence has it: `2026年11月26日（周四）`.
    var inText: String {
        "\(year)年\(month)月\(day)日（周\(["一", "二", "三", "四", "五", "六", "日"][weekday - 1])）"
    }
}
