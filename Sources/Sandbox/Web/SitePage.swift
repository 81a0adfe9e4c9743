/// The look of the sandbox's pages: earthen and plain, so that nobody takes one for a page of the portal or of a bank.
enum SitePage {
    /// A whole document.
    static func document(title: String, content: Markup) -> Markup {
        """
        <!DOCTYPE html>
        <html lang="zh-CN">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title) – 模拟环境</title>
        <link rel="stylesheet" href="/sandbox.css">
        <script src="/sandbox.js" defer></script>
        </head>
        <body>
        <header>
        <p class="notice">模拟环境，仅供开发和测试；不是真实的银行、收费单位或手机。</p>
        <nav aria-label="模拟环境">
        <a href="/">首页</a> <a href="/phone">手机短信</a> <a href="/control">控制台</a>
        </nav>
        </header>
        <main>
        <h1>\(title)</h1>
        \(content)
        </main>
        </body>
        </html>

        """
    }

    /// A table with a caption and column heads; cells of `numeric` columns are set to the right.
    static func table(_ caption: String, _ heads: [String], _ rows: [[Markup]], numeric: Set<Int> = [])
        -> Markup
    {
        let headCells = heads.map { Markup("<th scope=\"col\">\($0)</th>") }
        let bodyRows = rows.map { row -> Markup in
            let cells = row.enumerated().map { index, cell -> Markup in
                numeric.contains(index) ? "<td class=\"number\">\(cell)</td>" : "<td>\(cell)</td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)">
            <table>
            <caption>\(caption)</caption>
            <thead><tr>\(headCells)</tr></thead>
            <tbody>
            \(bodyRows)</tbody>
            </table>
            </div>
            """
    }

    /// The style sheet.
    static let styleSheet = """
        * { box-sizing: border-box; }
        body { margin: 0; background: #f2eee6; color: #2b2620; font: 16px/1.6 "Noto Sans CJK SC", "PingFang SC",
          "Microsoft YaHei", sans-serif; }
        .notice { margin: 0; padding: 4px 16px; background: #5b2d0c; color: #fff; font-size: 14px; }
        header { border-bottom: 3px double #8a7a63; background: #fffaf0; }
        nav { max-width: 960px; margin: 0 auto; padding: 12px 16px; }
        nav a { margin-right: 16px; }
        main { max-width: 960px; margin: 0 auto; padding: 16px; }
        h1 { font-size: 24px; line-height: 1.3; margin: 8px 0 16px; }
        h2 { font-size: 18px; margin: 24px 0 8px; }
        a { color: #6b3a10; }
        .card { background: #fffdf8; border: 1px solid #b9ab93; padding: 16px; margin: 0 0 16px; }
        .card h2 { margin-top: 0; }
        .messages { list-style: none; padding: 0; }
        .amount { font-size: 28px; font-weight: 600; font-variant-numeric: tabular-nums; }
        dl { display: grid; grid-template-columns: minmax(7em, auto) 1fr; gap: 4px 16px; margin: 0 0 16px; }
        dt { color: #5c5346; }
        dd { margin: 0; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; background: #fffdf8; margin-bottom: 16px; font-size: 14px; }
        caption { text-align: left; font-weight: 600; padding: 4px 0; }
        th, td { border: 1px solid #cfc4b0; padding: 4px 8px; text-align: left; vertical-align: top; }
        th { background: #e6dccb; white-space: nowrap; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        label { display: block; margin: 8px 0 2px; }
        input, select, textarea { font: inherit; padding: 6px 8px; border: 1px solid #7a6d58; background: #fff; max-width: 100%; }
        button { font: inherit; padding: 8px 20px; margin: 12px 8px 0 0; border: 1px solid #4a2509; background: #6b3a10;
          color: #fff; cursor: pointer; }
        button.quiet { background: #fffdf8; color: #4a2509; }
        :focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
        fieldset { border: 1px solid #b9ab93; margin: 0 0 16px; background: #fffdf8; }
        .message { white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0 0; }

        """

    /// The script: sends a form that is marked to send itself. Without it there is the form's button.
    static let script = """
        const form = document.querySelector("form[data-sends-itself]");
        if (form) { form.submit(); }

        """
}
