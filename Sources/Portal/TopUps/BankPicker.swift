import Foundation
import Payments

/// The choice of a bank for 充值: the one used last, the usual ones, the rest by initial, or what a search finds. A bank that
/// takes no payments now is shown with the reason and cannot be chosen.
struct BankPicker: Sendable {
    /// What is to be known about one bank.
    struct Remark: Sendable {
        let name: String
        let text: String
    }

    /// How many banks stand before the rest.
    private static let usualCount = 8

    let field: SelectField
    /// What was searched for.
    let search: TextField
    /// What the search found, in words; empty without one.
    let found: String
    let hasRemarks: Bool
    let remarks: [Remark]

    /// - Parameters:
    ///   - chosen: the code of the bank chosen before; nil at first, when the one used last is.
    init(
        _ choices: TopUpChoices, chosen: String? = nil, search text: String = "", at now: Date,
        errors: [FieldError] = []
    ) {
        func isOpen(_ bank: TopUpBank) -> Bool { bank.availability(at: now) == .open }
        let last = choices.banks.filter { $0.code == choices.lastUsed }
        var value = chosen ?? last.first(where: isOpen)?.code ?? ""
        var groups: [(label: String?, banks: [TopUpBank])]
        if text.isEmpty {
            groups = Self.groups(choices, last: last)
            // Found by an earlier search, and not in the list.
            let others = choices.banks.filter { bank in
                bank.code == chosen && !groups.contains { $0.banks.contains(bank) }
            }
            groups.insert(("已选银行", others), at: 0)
            found = ""
        } else {
            let matches = choices.banks.filter { $0.isFound(by: text) }
            groups = [(nil, matches)]
            if !matches.contains(where: { $0.code == value }) { value = "" }
            if let only = matches.first, matches.count == 1, isOpen(only) { value = only.code }
            found = matches.isEmpty ? "没有找到名称、代码或拼音首字母包含“\(text)”的银行" : "找到 \(matches.count) 家银行"
        }
        groups.removeAll { $0.banks.isEmpty }
        field = SelectField(
            "bank", label: "银行", value: value,
            groups: groups.map { group in
                SelectField.Group(
                    group.label,
                    group.banks.map { bank in
                        let reason = bank.availability(at: now).sentence
                        return SelectField.Option(
                            bank.code, bank.name + (reason.map { "（\($0)）" } ?? ""),
                            isDisabled: reason != nil)
                    })
            },
            placeholder: "请选择付款行", hint: "请选择本单位已开通企业网银的付款行；限额见“银行公告与限额”", errors: errors)
        search = TextField(
            "q", label: "查找银行", value: text, hint: "名称、代码或拼音首字母，例如 长沙 或 CS", maximum: 30)
        remarks = groups.flatMap(\.banks).compactMap { bank in
            let text = bank.remark(left: choices.leftToday(at: bank), at: now)
            return text.isEmpty ? nil : Remark(name: bank.name, text: text)
        }
        hasRemarks = !remarks.isEmpty
    }

    /// Without a search: the bank used last, the usual ones in their order, the rest by the first initial.
    private static func groups(
        _ choices: TopUpChoices, last: [TopUpBank]
    ) -> [(label: String?, banks: [TopUpBank])] {
        let suggested = choices.banks.filter(\.settings.isSuggested)
        let usual = suggested.prefix(usualCount).filter { !last.contains($0) }
        let others = suggested.dropFirst(usualCount).filter { !last.contains($0) }
        let byInitial = Dictionary(grouping: others) { String($0.initials.prefix(1)) }
        return [("上次使用", last), ("常用银行", usual)]
            + byInitial.sorted { $0.key < $1.key }.map { (label: "拼音 \($0.key)", banks: $0.value) }
    }
}

extension TopUpBank {
    /// What a clerk has to know before choosing it: that it rests, its limits, what operations say. Empty for nothing.
    ///
    /// - Parameter left: what its limit of the day leaves to the company, in fen.
    func remark(left: Money?, at now: Date) -> String {
        let availability = availability(at: now)
        return [
            availability.sentence, availability == .off ? nil : settings.limits,
            left.map { "今日还可充值 \($0.formatted) 元" }, settings.notice.isEmpty ? nil : settings.notice,
        ].compactMap(\.self).joined(separator: "；")
    }
}

extension TopUpBankSettings {
    /// The limits in words; nil where there is none.
    var limits: String? {
        let single: String? =
            switch (least, most) {
            case (let least?, let most?): "单笔 \(least.formatted) 元至 \(most.formatted) 元"
            case (let least?, nil): "单笔至少 \(least.formatted) 元"
            case (nil, let most?): "单笔至多 \(most.formatted) 元"
            case (nil, nil): nil
            }
        let parts = [single, mostPerDay.map { "单日至多 \($0.formatted) 元" }].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "，")
    }
}
