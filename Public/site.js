// Comfort for people with JavaScript. Every page works without it.
"use strict";
(() => {
    const root = document.documentElement;
    root.classList.add("has-script");
    const all = (selector, within = document) => [...within.querySelectorAll(selector)];
    const announcements = document.getElementById("announcements");
    const announce = (text) => { announcements.textContent = text; };

    // Amounts: fen as BigInt, never a floating-point number. Undefined when the text is not an amount.
    const fenOf = (entered) => {
        const text = entered.normalize("NFKC").trim().replace(/^¥\s*/, "");
        const parts = /^(\d{1,10}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,2}))?$/.exec(text);
        return parts
            ? BigInt(parts[1].replaceAll(",", "")) * 100n + BigInt((parts[2] ?? "").padEnd(2, "0"))
            : undefined;
    };
    const figures = (fen) => {
        const yuan = (fen / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
        return `${yuan}.${(fen % 100n).toString().padStart(2, "0")}`;
    };
    const DIGITS = "零壹贰叁肆伍陆柒捌玖";
    const four = (number) => {
        let text = "";
        let gap = false;
        for (const [place, unit] of [[1000, "仟"], [100, "佰"], [10, "拾"], [1, ""]]) {
            const digit = Math.floor(number / place) % 10;
            if (digit === 0) { gap = text !== ""; continue; }
            text += (gap ? "零" : "") + DIGITS[digit] + unit;
            gap = false;
        }
        return text;
    };
    const capital = (fen) => {
        if (fen === 0n) return "人民币零元整";
        let rest = fen / 100n;
        const groups = [];
        for (; rest > 0n; rest /= 10000n) groups.push(Number(rest % 10000n));
        let yuan = "";
        let gap = false;
        for (let index = groups.length - 1; index >= 0; index -= 1) {
            const group = groups[index];
            if (group === 0) { gap = yuan !== ""; continue; }
            yuan += (yuan && (gap || group < 1000) ? "零" : "") + four(group) + ["", "万", "亿", "万亿"][index];
            gap = false;
        }
        const jiao = Number(fen / 10n % 10n);
        const cents = Number(fen % 10n);
        let text = "人民币" + (yuan ? yuan + "元" : "");
        if (jiao === 0 && cents === 0) return text + "整";
        if (yuan && (jiao === 0 || fen / 100n % 10n === 0n)) text += "零";
        if (jiao > 0) text += DIGITS[jiao] + "角";
        return cents > 0 ? text + DIGITS[cents] + "分" : text;
    };
    for (const input of all("input[data-amount]")) {
        const preview = document.getElementById(`${input.id}-capital`);
        const show = () => {
            const fen = fenOf(input.value);
            if (preview) preview.textContent = fen === undefined ? "" : capital(fen);
        };
        input.addEventListener("input", show);
        input.addEventListener("blur", () => {
            const fen = fenOf(input.value);
            if (fen !== undefined) input.value = figures(fen);
        });
        if (input.value) show();
    }

    // A second click on a button changes nothing on the server; here it is not even sent.
    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (form.dataset.sent) { event.preventDefault(); return; }
        form.dataset.sent = "yes";
        const buttons = all("button[type=submit], button:not([type])", form);
        setTimeout(() => buttons.forEach((button) => button.setAttribute("aria-disabled", "true")), 0);
        // A download or another tab leaves the page as it is, so the form comes back to life.
        const staysHere = form.method === "get" || event.submitter?.formTarget === "_blank";
        setTimeout(() => release(form), staysHere ? 1500 : 20000);
    });
    const release = (form) => {
        delete form.dataset.sent;
        all("button[aria-disabled]", form).forEach((button) => button.removeAttribute("aria-disabled"));
    };
    window.addEventListener("pageshow", (event) => { if (event.persisted) all("form").forEach(release); });

    // The signed form to the bank sends itself once; Back afterwards shows its button.
    const handOff = document.querySelector("form[data-send-now]");
    const arrived = performance.getEntriesByType("navigation")[0]?.type;
    if (handOff && arrived !== "back_forward" && arrived !== "reload") handOff.requestSubmit();
    const onward = document.querySelector("a[data-follow-now]");
    if (onward && arrived !== "back_forward") location.replace(onward.href);

    // Copying a number: the text stays selectable, the button says what happened.
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-copy]");
        if (!button) return;
        const text = document.getElementById(button.dataset.copy)?.textContent.trim() ?? "";
        try {
            await navigator.clipboard.writeText(text);
            announce("");
            announce(`已复制 ${text}`);
            button.lastChild.textContent = "已复制";
        } catch {
            const range = document.createRange();
            range.selectNodeContents(document.getElementById(button.dataset.copy));
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            announce("已选中，请按 Ctrl+C 复制");
        }
        setTimeout(() => { button.lastChild.textContent = "复制"; }, 3000);
    });
    // Delegated, because the button may come with a result that was waited for.
    document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) print(); });

    // Choices that depend on other choices: an option carries its "city/item" and shows under that pair only.
    for (const holder of all("[data-depends]")) {
        const select = holder.querySelector("select");
        const sources = holder.dataset.depends.split(" ").map((id) => document.getElementById(id));
        const hint = document.getElementById(holder.dataset.hint);
        const usual = hint?.textContent;
        const explain = () => {
            if (hint) hint.textContent = select.selectedOptions[0]?.dataset.note ?? usual;
        };
        const narrow = () => {
            const chosen = sources.map((source) => source.value);
            const open = [];
            for (const option of all("option[data-scope]", select)) {
                const scope = option.dataset.scope.split("/");
                const fits = chosen.every((value, index) => value === "" || value === scope[index]);
                option.hidden = option.disabled = !fits;
                if (fits) open.push(option);
            }
            for (const group of all("optgroup", select)) group.hidden = !group.querySelector("option:not([hidden])");
            if (select.selectedOptions[0]?.disabled) select.value = "";
            if (open.length === 1 && chosen.every((value) => value !== "")) select.value = open[0].value;
            explain();
        };
        sources.forEach((source) => source.addEventListener("change", narrow));
        select.addEventListener("change", explain);
        narrow();
    }

    // Another city brings other items and billers, a search other banks; fetched in place, without leaving the form.
    for (const holder of all("[data-reload]")) {
        const source = holder.querySelector("select, input");
        const address = source.form.method === "get" ? source.form.action : location.pathname;
        let turn = 0;
        const reload = async () => {
            turn += 1;
            const own = turn;
            const query = new URLSearchParams({ [source.name]: source.value });
            const answer = await fetch(`${address}?${query}`).catch(() => null);
            if (!answer?.ok) return;
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            // An answer that was overtaken by the next one is old.
            if (own !== turn) return;
            for (const id of holder.dataset.reload.split(" ")) {
                const fresh = page.getElementById(id);
                const list = document.getElementById(id);
                if (!fresh || !list) continue;
                // What was chosen while the answer was on its way stays chosen, if it is still offered.
                const chosen = list.value;
                const offered = fresh.value;
                list.replaceChildren(...fresh.childNodes);
                if (!list.matches("select")) continue;
                list.value = chosen && all("option", list).some((option) => option.value === chosen) ? chosen : offered;
            }
            document.getElementById(holder.dataset.reload.split(" ")[0]).dispatchEvent(new Event("change"));
        };
        if (source.matches("select")) { source.addEventListener("change", reload); continue; }
        let pause;
        source.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(reload, 250); });
        source.form.addEventListener("submit", (event) => { event.preventDefault(); reload(); });
    }

    // A total beside check boxes, for choosing periods of a bill.
    for (const group of all("[data-total]")) {
        const total = document.getElementById(group.dataset.total);
        const words = document.getElementById(`${group.dataset.total}-capital`);
        const add = () => {
            const fen = all("input:checked[data-fen]", group).reduce((sum, box) => sum + BigInt(box.dataset.fen), 0n);
            total.textContent = figures(fen);
            if (words) words.textContent = capital(fen);
        };
        group.addEventListener("change", add);
        add();
    }

    // An unfinished order: ask every 3 s for a minute, every 15 s for ten minutes, then leave it to the reader.
    const watched = document.querySelector("[data-watch]");
    if (watched) {
        const began = Date.now();
        const ask = async () => {
            const passed = Date.now() - began;
            if (passed > 660000) return;
            try {
                const answer = await fetch(watched.dataset.watch, { headers: { "X-Poll": "1" } });
                if (answer.redirected && !answer.url.endsWith(watched.dataset.watch)) { location.reload(); return; }
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                const fresh = page.querySelector("[data-state]");
                if (answer.ok && fresh?.dataset.state !== watched.dataset.state) {
                    const hadFocus = watched.contains(document.activeElement);
                    watched.replaceChildren(...fresh.childNodes);
                    if (hadFocus) watched.querySelector("h1").focus();
                    watched.dataset.state = fresh.dataset.state;
                    document.title = page.title;
                    announce(`状态已更新：${fresh.dataset.label ?? ""}`);
                    if (!fresh.dataset.watch) return;
                }
            } catch { /* The network is away; the next turn asks again. */ }
            setTimeout(ask, passed < 60000 ? 3000 : 15000);
        };
        setTimeout(ask, 3000);
    }

    // The session: a dialog two minutes before its idle end, said once and again at one minute.
    const dialog = document.getElementById("session-dialog");
    const seconds = Number(document.body.dataset.sessionSeconds ?? 0);
    if (dialog && seconds > 120) {
        const left = document.getElementById("session-left");
        let timers = [];
        // While the dialog is open the rest of the page is inert, so the announcements go along with it.
        const warn = () => {
            left.textContent = "2 分钟";
            dialog.append(announcements);
            dialog.showModal();
        };
        dialog.addEventListener("close", () => document.body.append(announcements));
        const begin = () => {
            timers.forEach(clearTimeout);
            timers = [
                setTimeout(warn, (seconds - 120) * 1000),
                setTimeout(() => { left.textContent = "1 分钟"; announce("系统将在 1 分钟后退出登录"); }, (seconds - 60) * 1000),
                setTimeout(end, (seconds + 2) * 1000),
            ];
        };
        // Another page may have kept the session alive; to ask that is no activity, and loses nothing that was typed here.
        const end = async () => {
            const answer = await fetch(document.body.dataset.sessionContinue, { redirect: "manual", headers: { "X-Poll": "1" } })
                .catch(() => null);
            if (!answer?.ok) { location.assign(document.body.dataset.sessionContinue); return; }
            dialog.close();
            begin();
        };
        dialog.querySelector("[data-session-stay]").addEventListener("click", async () => {
            dialog.close();
            const answer = await fetch(document.body.dataset.sessionContinue, { redirect: "manual" }).catch(() => null);
            if (answer?.ok) begin(); else location.assign(document.body.dataset.sessionContinue);
        });
        begin();
    }

    // After a refused form the summary is read first.
    document.getElementById("error-summary")?.focus();
})();
