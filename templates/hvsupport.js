// Search, filters, keyboard and cards. The page is readable without this file.
//
// The URL query holds the filters, so that a filtered view can be shared; the fragment is for links to rows and cells.
// All texts come from the page.
(() => {
  "use strict";

  const list = document.querySelector("[data-items]");
  const tools = document.querySelector(".tools");
  if (!list || !tools) return;

  const byId = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const isMatrix = list.classList.contains("matrix");
  const search = byId("ui:search");
  const count = byId("ui:count");
  const reset = byId("ui:reset");
  const summary = tools.querySelector(".picker summary");
  const drivers = [...tools.querySelectorAll("input[name=driver]")];
  const states = [...tools.querySelectorAll("input[name=state]")];
  const heads = isMatrix ? [...list.tHead.rows[0].cells] : [];
  const first = heads.findIndex((cell) => cell.dataset.key !== undefined);
  const before = first < 0 ? heads.length : first;
  const columns = isMatrix ? [...list.querySelectorAll("col")] : [];

  // Filter data is read once, so that a key press touches only what changes.
  const rows = [...list.querySelectorAll(list.dataset.items)].map((element) => {
    const name = element.querySelector("th") || element;
    const link = element.querySelector("a");
    const cells = isMatrix ? [...element.cells].slice(before) : [element];
    return {
      element,
      cells,
      group: element.closest(list.dataset.group),
      text: `${link.textContent} ${name.dataset.words || ""}`.toLowerCase(),
      classes: cells.map((cell) => cell.className.split(" ")),
    };
  });
  const groups = new Map(rows.map((row) => [row.group, 0]));
  let shownDrivers = drivers.map(() => true);

  const ticked = (boxes) => boxes.filter((box) => box.checked).map((box) => box.value);

  function matches(row, words, wanted) {
    if (!words.every((word) => row.text.includes(word))) return false;
    if (!wanted.length) return true;
    return row.classes.some((names, at) => shownDrivers[at] !== false && wanted.some((state) => names.includes(state)));
  }

  function showColumns() {
    const wanted = drivers.map((box) => box.checked);
    wanted.forEach((shown, at) => {
      if (shown === shownDrivers[at]) return;
      heads[before + at].hidden = !shown;
      columns[before + at].hidden = !shown;
      for (const row of rows) row.cells[at].hidden = !shown;
    });
    shownDrivers = wanted;
    const width = before + wanted.filter(Boolean).length;
    for (const head of list.querySelectorAll("th[scope=rowgroup]")) head.colSpan = width;
  }

  function nameDrivers() {
    if (!summary) return;
    const number = drivers.filter((box) => box.checked).length;
    const text = fill(tools.dataset.chosen, { count: number, total: drivers.length });
    if (summary.textContent !== text) summary.textContent = text;
  }

  // Showing rows costs layout, so the first batch fills a window and the rest follows in later frames: the time from
  // key press to paint does not grow with the table. While typing continues, a frame gets at most one batch.
  const batch = isMatrix ? Math.max(12, Math.ceil(600 / Math.max(1, columns.length))) : 200;
  let queue = [];
  let scheduled = false;

  function reveal() {
    for (const row of queue.splice(0, batch)) {
      row.element.hidden = false;
      row.group.hidden = false;
    }
    list.setAttribute("aria-busy", String(queue.length > 0));
    if (!queue.length) return;
    scheduled = true;
    requestAnimationFrame(() => setTimeout(() => {
      scheduled = false;
      reveal();
    }));
  }

  function showRows(words, wanted) {
    let shown = 0;
    queue = [];
    for (const group of groups.keys()) groups.set(group, 0);
    for (const row of rows) {
      const show = matches(row, words, wanted);
      if (show) {
        shown += 1;
        groups.set(row.group, groups.get(row.group) + 1);
        if (row.element.hidden) queue.push(row);
      } else if (!row.element.hidden) {
        row.element.hidden = true;
      }
    }
    for (const [group, number] of groups) {
      if (number === 0 && !group.hidden) group.hidden = true;
    }
    if (!scheduled) reveal();
    return shown;
  }

  function dimOthers(wanted) {
    for (const box of states) list.classList.toggle(`only-${box.value}`, box.checked);
    list.classList.toggle("only", wanted.length > 0 && isMatrix);
  }

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = ticked(states);
    if (isMatrix) showColumns();
    nameDrivers();
    dimOthers(wanted);
    const shown = showRows(words, wanted);
    const filtered = words.length > 0 || wanted.length > 0 || drivers.some((box) => !box.checked);
    count.textContent = shown ? fill(tools.dataset.summary, { shown, total: rows.length }) : tools.dataset.nothing;
    reset.hidden = !filtered;
    hideCard();
  }

  // The URL

  let waiting = 0;

  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const query = new URLSearchParams();
      if (search.value.trim()) query.set("q", search.value.trim());
      if (drivers.some((box) => !box.checked)) {
        for (const key of ticked(drivers)) query.append("driver", key);
        if (!query.has("driver")) query.append("driver", "");
      }
      for (const state of ticked(states)) query.append("state", state);
      const text = query.toString();
      try {
        history.replaceState(null, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
      } catch {
        // Some browsers refuse this for file: URLs; the filters still work.
      }
    }, 150);
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") || "";
    const chosen = query.getAll("driver");
    for (const box of drivers) box.checked = !chosen.length || chosen.includes(box.value);
    for (const box of states) box.checked = query.getAll("state").includes(box.value);
  }

  function clear() {
    search.value = "";
    for (const box of drivers) box.checked = true;
    for (const box of states) box.checked = false;
    changed();
  }

  function changed() {
    apply();
    remember();
  }

  // A link target hidden by filters is shown. The browser scrolls a target to the top of the window, which would hide the
  // table head; the table scrolls itself, so the window must not.
  function showTarget() {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      return;
    }
    const target = id && byId(id);
    if (!target || !list.contains(target)) return;
    if (target.closest("[hidden]")) {
      clear();
      for (let at = target; at !== list; at = at.parentElement) at.hidden = false;
    }
    if (isMatrix) scrollTo(scrollX, 0);
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Keyboard: one tab stop for the whole table, arrow keys inside

  let active = null;

  function linkAt(row, at) {
    const cell = at < 0 ? row.element.cells[0] : row.cells[at];
    return cell && !cell.hidden ? cell.querySelector("a") : null;
  }

  function activate(link) {
    if (active) for (const one of active.parentElement.querySelectorAll("a")) one.tabIndex = -1;
    active = link;
    if (link) for (const one of link.closest("td, th").querySelectorAll("a")) one.tabIndex = 0;
  }

  function positionOf(link) {
    const cell = link.closest("td, th");
    const row = rows.findIndex((one) => one.element === cell.parentElement);
    return row < 0 ? null : { row, at: rows[row].cells.indexOf(cell) };
  }

  function seek(from, step, pick) {
    for (let at = from + step; ; at += step) {
      const found = pick(at);
      if (found === undefined) return null;
      if (found) return found;
    }
  }

  function neighbour(key, { row, at }) {
    const inRow = (column) => (column < -1 || column >= drivers.length ? undefined : linkAt(rows[row], column));
    const inColumn = (line) => (rows[line] ? (rows[line].element.hidden ? null : linkAt(rows[line], at)) : undefined);
    switch (key) {
      case "ArrowLeft": return seek(at, -1, inRow);
      case "ArrowRight": return seek(at, 1, inRow);
      case "ArrowUp": return seek(row, -1, inColumn);
      case "ArrowDown": return seek(row, 1, inColumn);
      case "Home": return inRow(-1);
      case "End": return seek(drivers.length, -1, inRow);
      default: return null;
    }
  }

  function move(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const position = event.target.closest("a") && positionOf(event.target);
    const next = position && neighbour(event.key, position);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  function firstShown() {
    const row = rows.find((one) => !one.element.hidden);
    return row && row.element.querySelector("a");
  }

  function installKeys() {
    if (isMatrix) {
      for (const link of list.querySelectorAll("tbody tr[id] a")) link.tabIndex = -1;
      activate(firstShown() || null);
      list.addEventListener("keydown", move);
      list.addEventListener("focusin", (event) => {
        const link = event.target.closest("tbody tr[id] a");
        if (link && link !== active) activate(link);
      });
    }
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && search.value) {
        event.preventDefault();
        search.value = "";
        changed();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        firstShown()?.focus();
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.altKey && !event.metaKey && !isTyping(event.target)) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape") {
        hideCard();
        closePicker(true);
      }
    });
  }

  const isTyping = (element) => element.matches("textarea, select, [contenteditable], input:not([type=checkbox])");

  // The card: details of a cell, beside it

  const card = byId("ui:card");
  let cardFor = null;
  let timer = 0;

  function hideCard() {
    clearTimeout(timer);
    if (cardFor) cardFor.removeAttribute("aria-describedby");
    cardFor = null;
    if (card) card.hidden = true;
  }

  function showCard(link) {
    const row = rows.find((one) => one.element === link.closest("tr"));
    const at = row ? row.cells.indexOf(link.closest("td")) : -1;
    if (at < 0) return;
    hideCard();
    const [title, text, more] = card.children;
    const head = heads[before + at].querySelector("a");
    title.textContent = `${head.textContent} · ${row.element.querySelector("a").textContent}`;
    text.textContent = link.getAttribute("aria-label") || fill(list.dataset.plain, { text: link.textContent });
    more.textContent = fill(list.dataset.more, { driver: head.textContent });
    more.href = `${head.getAttribute("href")}#${row.element.id}`;
    card.hidden = false;
    cardFor = link;
    place(link.getBoundingClientRect());
  }

  function place(box) {
    const { offsetWidth: width, offsetHeight: height } = card;
    const room = 8;
    const left = Math.max(room, Math.min(box.left, innerWidth - width - room));
    const below = box.bottom + room;
    const top = below + height < innerHeight ? below : Math.max(room, box.top - height - room);
    card.style.left = `${left}px`;
    card.style.top = `${top}px`;
  }

  function cellLink(target) {
    const cell = target instanceof Element && target.closest("tbody td[id]");
    return cell ? cell.querySelector("a") : null;
  }

  function installCard() {
    if (!card) return;
    const soon = (work, wait) => {
      clearTimeout(timer);
      timer = setTimeout(work, wait);
    };
    list.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse") return;
      const link = cellLink(event.target);
      link?.removeAttribute("title");
      if (link && link !== cardFor) soon(() => showCard(link), cardFor ? 60 : 250);
      else if (link) clearTimeout(timer);
      else soon(hideCard, 200);
    });
    list.addEventListener("pointerleave", () => soon(hideCard, 200));
    card.addEventListener("pointerenter", () => clearTimeout(timer));
    card.addEventListener("pointerleave", () => soon(hideCard, 200));
    list.addEventListener("focusin", (event) => {
      const link = cellLink(event.target);
      if (link) showCard(link);
    });
    list.addEventListener("focusout", (event) => {
      if (!card.contains(event.relatedTarget)) soon(hideCard, 120);
    });
    list.parentElement.addEventListener("scroll", () => {
      if (cardFor && cardFor !== document.activeElement) hideCard();
      else if (cardFor) place(cardFor.getBoundingClientRect());
    }, { passive: true });
  }

  // The driver picker closes on a click elsewhere

  const picker = tools.querySelector(".picker");

  function closePicker(back) {
    if (!picker || !picker.open) return;
    const inside = picker.contains(document.activeElement);
    picker.open = false;
    if (back && inside) summary.focus();
  }

  function installTools() {
    search.addEventListener("input", changed);
    for (const box of [...drivers, ...states]) box.addEventListener("change", changed);
    reset.addEventListener("click", () => {
      clear();
      search.focus();
    });
    for (const button of tools.querySelectorAll("[data-tick]")) {
      button.addEventListener("click", () => {
        for (const box of drivers) box.checked = button.dataset.tick === "all";
        changed();
      });
    }
    document.addEventListener("pointerdown", (event) => {
      if (picker && !picker.contains(event.target)) closePicker(false);
    });
    window.addEventListener("hashchange", showTarget);
    window.addEventListener("load", showTarget);
    window.addEventListener("popstate", () => {
      recall();
      apply();
      showTarget();
    });
  }

  tools.hidden = false;
  recall();
  apply();
  installTools();
  installKeys();
  installCard();
  showTarget();
})();
