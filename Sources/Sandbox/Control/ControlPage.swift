import Foundation
import Hummingbird

/// The control page.
enum ControlPage {
    static func page(_ report: ControlRoutes.Report) -> Response {
        WebAnswer.page(
            "控制台",
            "\(armed(report))\n\(forms(report))\n\(notifications(report))\n\(plan(report))\n\(bank(report))")
    }

    private static func armed(_ report: ControlRoutes.Report) -> Markup {
        let notificationItems = report.armedNotifications.map { fault -> Markup in
            switch fault {
            case .lose: "<li>下一条银行通知：丢失</li>\n"
            case .delay(let seconds): "<li>下一条银行通知：延迟 \(Int(seconds)) 秒</li>\n"
            case .repeat(let times): "<li>下一条银行通知：发送 \(times) 次</li>\n"
            }
        }
        let callItems = report.armedCalls.map { fault -> Markup in
            let effect = fault.effect == .withEffect ? "已入账但无应答" : "未入账且无应答"
            return "<li>下一次调用（\(name(of: fault.call))\(fault.biller.map { "，" + $0 } ?? "")）：\(effect)</li>\n"
        }
        let items = notificationItems + callItems
        let list: Markup = items.isEmpty ? "<p>没有等待发生的故障。</p>" : "<ul>\n\(items)</ul>"
        return """
            <section class="card" aria-labelledby="armed">
            <h2 id="armed">等待发生</h2>
            \(list)
            <p>模拟时间：\(PhoneRoutes.readable(report.now))（北京时间，偏移 \(Int(report.clockOffsetSeconds)) 秒）</p>
            <p><a href="/control/books.json">银行和收费单位的账簿（JSON）</a> ·
            <a href="/control/state.json">本页内容（JSON）</a> ·
            <a href="/control/faults.json">故障计划和已发生的故障（JSON）</a></p>
            <form method="post" action="/control/faults">
            <button type="submit" name="fault" value="clear" class="quiet">全部取消</button>
            </form>
            </section>
            """
    }

    private static func forms(_ report: ControlRoutes.Report) -> Markup {
        let calls = Faults.Call.allCases.map { call -> Markup in
            "<option value=\"\(call.rawValue)\">\(name(of: call))</option>\n"
        }
        let billers = BillerProfile.all.map { biller -> Markup in
            "<option value=\"\(biller.code)\">\(biller.name)</option>\n"
        }
        let settings = report.settings
        return """
            <form method="post" action="/control/faults">
            <fieldset><legend>下一条银行通知</legend>
            <input type="hidden" name="fault" value="notification">
            <label for="seconds">延迟秒数</label> <input id="seconds" name="seconds" inputmode="numeric" value="60">
            <label for="times">重复次数</label> <input id="times" name="times" inputmode="numeric" value="3"><br>
            <button type="submit" name="effect" value="lose">丢失</button>
            <button type="submit" name="effect" value="delay">延迟</button>
            <button type="submit" name="effect" value="repeat">重复</button>
            </fieldset>
            </form>
            <form method="post" action="/control/faults">
            <fieldset><legend>下一次调用超时</legend>
            <input type="hidden" name="fault" value="call">
            <label for="call">调用</label> <select id="call" name="call">
            \(calls)</select>
            <label for="biller">收费单位</label> <select id="biller" name="biller">
            <option value="">任意</option>
            \(billers)</select><br>
            <button type="submit" name="effect" value="none">超时，未入账</button>
            <button type="submit" name="effect" value="booked">超时，已入账</button>
            </fieldset>
            </form>
            <form method="post" action="/control/faults">
            <fieldset><legend>时间（秒）</legend>
            \(field("payoutDelaySeconds", "代付到账延时", settings.payoutDelaySeconds))
            \(field("holdSeconds", "无应答时保持连接", settings.holdSeconds))
            \(field("slowSeconds", "慢户号的应答时间", settings.slowSeconds))
            \(field("writeOffSeconds", "未知销账的确认时间", settings.writeOffSeconds))<br>
            <button type="submit">保存</button>
            </fieldset>
            </form>
            <form method="post" action="/control/clock">
            <fieldset><legend>模拟时钟</legend>
            \(field("offsetSeconds", "相对真实时间的偏移（秒，可为负）", report.clockOffsetSeconds))<br>
            <button type="submit">设置</button>
            </fieldset>
            </form>
            """
    }

    private static func notifications(_ report: ControlRoutes.Report) -> Markup {
        let rows = report.latestNotifications.map { delivery -> [Markup] in
            [
                "\(delivery.key.orderId)", "\(delivery.attempts)", "\(delivery.result)",
                delivery.isOver ? "结束" : "继续", "\(PhoneRoutes.readable(delivery.at))",
            ]
        }
        return SitePage.table("最近的银行通知", ["订单号", "已发送", "结果", "状态", "时间"], rows, numeric: [1])
    }

    private static func plan(_ report: ControlRoutes.Report) -> Markup {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text =
            (try? encoder.encode(report.planned.plan)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let rows = PlannedFault.allCases.map { fault -> [Markup] in
            let scopes = fault.scopes.map(\.rawValue).sorted().joined(separator: ", ")
            return [
                "\(fault.rawValue)", "\(fault.explanation)", "\(scopes)",
                "\(report.planned.counts[fault.rawValue] ?? 0)",
            ]
        }
        return """
            <form method="post" action="/control/fault-plan">
            <fieldset><legend>故障计划</legend>
            <label for="plan">计划（JSON：seed，rules；每条 fault、scope、share 0 到 1、count、parameters）</label>
            <textarea id="plan" name="plan" rows="12" cols="80">\(text)</textarea><br>
            <button type="submit">采用</button>
            </fieldset>
            </form>
            \(SitePage.table("故障和已发生次数", ["名称", "情形", "范围", "次数"], rows, numeric: [3]))
            """
    }

    private static func bank(_ report: ControlRoutes.Report) -> Markup {
        let rules = report.rules
        let days = report.latestSettlementDays.map { day -> [Markup] in
            [
                "\(day.day.text)", "\(day.count)", "\(Yuan.text(day.credits))", "\(Yuan.text(day.debits))",
                "\(Yuan.text(day.fees))", "\(Yuan.text(day.net))", "\(PhoneRoutes.readable(day.transferAt))",
            ]
        }
        return """
            <form method="post" action="/control/bank-rules">
            <fieldset><legend>银行规则</legend>
            \(field("paymentFee", "每笔收款手续费（分）", text: "\(rules.paymentFee)"))
            \(field("payoutFee", "每笔代付手续费（分）", text: "\(rules.payoutFee)"))
            \(field("cutOff", "清算日截止时间", text: BankRules.text(minutes: rules.cutOffMinutes)))
            \(field("nightRun", "次日出文件和对账单的时间", text: BankRules.text(minutes: rules.nightRunMinutes)))
            \(field("transfer", "下一工作日划款时间", text: BankRules.text(minutes: rules.transferMinutes)))
            \(field("refundDelaySeconds", "退款延时（秒）", rules.refundDelaySeconds))<br>
            <button type="submit">保存规则</button>
            </fieldset>
            </form>
            <form method="post" action="/control/reserve">
            <fieldset><legend>备付金账户（余额 \(Yuan.text(report.reserveBalance)) 元）</legend>
            \(field("amount", "自有资金转入（分，负数为转出）", text: ""))
            \(field("purpose", "用途", text: "自有资金划转"))<br>
            <button type="submit">划转</button>
            </fieldset>
            </form>
            \(SitePage.table(
                "最近的清算日", ["清算日", "笔数", "收", "付", "手续费", "净额", "划款时间"], days, numeric: [1, 2, 3, 4, 5]))
            """
    }

    private static func field(_ name: String, _ label: String, _ value: Double) -> Markup {
        let text = value == value.rounded() ? String(Int(value)) : String(value)
        return field(name, label, text: text)
    }

    private static func field(_ name: String, _ label: String, text: String) -> Markup {
        """
        <label for="\(name)">\(label)</label> <input id="\(name)" name="\(name)" value="\(text)">
        """
    }

    private static func name(of call: Faults.Call) -> String {
        switch call {
        case .payout: "银行代付"
        case .query: "银行查询"
        case .billsQuery: "账单查询"
        case .payment: "缴费"
        case .paymentQuery: "缴费结果查询"
        case .message: "短信"
        }
    }
}
