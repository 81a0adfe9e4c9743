import Foundation
import Hummingbird

/// The control page.
enum ControlPage {
    static func page(_ report: ControlRoutes.Report) -> Response {
        WebAnswer.page("控制台", "\(armed(report))\n\(forms(report))\n\(notifications(report))")
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
            <a href="/control/state.json">本页内容（JSON）</a></p>
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

    private static func field(_ name: String, _ label: String, _ value: Double) -> Markup {
        let text = value == value.rounded() ? String(Int(value)) : String(value)
        return """
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
