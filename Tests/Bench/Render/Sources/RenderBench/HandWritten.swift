extension StatementPage {
    /// The same bytes as the template makes, written by hand: the measure for the compiled template.
    func writtenByHand() -> [UInt8] {
        var out = HTMLWriter()
        out.raw("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n    <meta charset=\"utf-8\">\n    <title>")
        out.text(title)
        out.raw(" - 企业缴费门户</title>\n    <link rel=\"stylesheet\" href=\"/site.css?v=")
        out.text(assetVersion)
        out.raw("\">\n</head>\n<body>\n<header class=\"site-head\"><p>")
        out.text(enterpriseName)
        out.raw(" <span class=\"muted\">")
        out.text(operatorName)
        out.raw("</span></p></header>\n<main id=\"main\">\n<h1>")
        out.text(title)
        out.raw("</h1>\n")
        if let notice {
            out.raw("<p class=\"notice\" role=\"status\">")
            out.text(notice)
            out.raw("</p>\n")
        }
        out.raw("<table class=\"table-tight\">\n    <caption class=\"visually-hidden\">")
        out.text(title)
        out.raw(
            """
            </caption>
                <thead>
                    <tr><th scope="col">入账时间</th><th scope="col">订单号</th><th scope="col">摘要</th>\
            <th scope="col" class="amount">收入(元)</th><th scope="col" class="amount">支出(元)</th>\
            <th scope="col" class="amount">余额(元)</th><th scope="col">状态</th></tr>
                </thead>
                <tbody>

            """)
        for movement in movements { movement.write(to: &out) }
        out.raw("    </tbody>\n</table>\n<p class=\"muted\">本页 ")
        out.text(count)
        out.raw(" 笔</p>\n</main>\n</body>\n</html>\n")
        return out.bytes
    }
}

extension StatementPage.Row {
    /// One row of the table.
    fileprivate func write(to out: inout HTMLWriter) {
        out.raw("        <tr class=\"movement")
        if isIncome { out.raw(" movement-income") }
        out.raw("\">\n            <td class=\"time\"><time datetime=\"")
        out.text(instant)
        out.raw("\">")
        out.text(time)
        out.raw("</time></td>\n            <td><a class=\"row-link nowrap\" href=\"/account/bill-payments/")
        out.text(number)
        out.raw("\" aria-label=\"订单 ")
        out.text(number)
        out.raw(" 的详情\">")
        out.text(number)
        out.raw("</a></td>\n            <td class=\"summary\"><span class=\"summary-kind\">")
        out.text(kind)
        out.raw("</span> <span class=\"muted\">")
        out.text(counterparty)
        out.raw("</span></td>\n            <td class=\"amount number\">")
        if let income {
            out.raw("<b class=\"income\">")
            out.text(income)
            out.raw("</b>")
        } else {
            out.raw("<span class=\"muted\">-</span>")
        }
        out.raw("</td>\n            <td class=\"amount number\">")
        if let expense {
            out.raw("<b class=\"expense\">")
            out.text(expense)
            out.raw("</b>")
        } else {
            out.raw("<span class=\"muted\">-</span>")
        }
        out.raw("</td>\n            <td class=\"amount number\">")
        out.text(balance)
        out.raw(
            "</td>\n            <td><span class=\"tag tag-done\"><svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\">"
        )
        out.raw("<use href=\"/sprite.svg#done\"></use></svg>")
        out.text(state)
        out.raw("</span></td>\n        </tr>\n")
    }
}
