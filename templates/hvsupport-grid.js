// The matrix as a grid (WAI-ARIA practices): one tab stop, arrow keys in head and body. In print, columns that
// do not fit on a page go to the next one. The table is readable without this file.
(() => {
  "use strict";

  const list = document.querySelector("table.matrix");
  if (!list || !list.tHead.rows[0].querySelector("a")) return;

  const scroller = list.parentElement;
  const panel = window.hvsupportPanel;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  /** Whether nothing that holds it is hidden; to ask the browser would lay out the whole table at once. */
  const isShown = (element) => !element.closest("[hidden]");
  const heads = () => [...list.tHead.rows[0].cells];
  const width = heads().length;

  // Keyboard

  let active = null;

  /** The lines that are shown: the head, headings of groups, rows. */
  const lines = () => [...list.rows].filter((row) => !row.hidden && !row.parentElement.hidden);

  function linkAt(row, at) {
    if (row.classList.contains("group") && at > 0) return null;
    const cell = row.cells[at];
    return cell && !list.tHead.rows[0].cells[at].hidden ? cell.querySelector("a") : null;
  }

  function activate(link) {
    if (active) for (const one of active.closest("td, th").querySelectorAll("a")) one.tabIndex = -1;
    active = link;
    if (link) for (const one of link.closest("td, th").querySelectorAll("a")) one.tabIndex = 0;
  }

  /** The first link that ``pick`` finds at ``from``, ``from + step`` and so on, up to ``end``. */
  function seek(from, step, end, pick) {
    for (let at = from; at >= 0 && at < end; at += step) {
      const found = pick(at);
      if (found) return found;
    }
    return null;
  }

  function next(key, all, cell) {
    const rows = lines();
    const at = rows.indexOf(cell.parentElement);
    const column = cell.cellIndex;
    const inRow = (from, step) => seek(from, step, width, (one) => linkAt(rows[at], one));
    const inColumn = (from, step) => seek(from, step, rows.length, (one) => linkAt(rows[one], column));
    const across = (line, from, step) => seek(from, step, width, (one) => linkAt(rows[line], one));
    const last = rows.length - 1;
    const page = Math.max(1, Math.floor(scroller.clientHeight / cell.parentElement.offsetHeight) - 3);
    switch (key) {
      case "ArrowLeft": return inRow(column - 1, -1);
      case "ArrowRight": return inRow(column + 1, 1);
      case "ArrowUp": return inColumn(at - 1, -1);
      case "ArrowDown": return inColumn(at + 1, 1);
      case "PageUp": return inColumn(Math.max(0, at - page), 1);
      case "PageDown": return inColumn(Math.min(last, at + page), -1);
      case "Home": return all ? across(0, 0, 1) : inRow(0, 1);
      case "End": return all ? across(last, width - 1, -1) : inRow(width - 1, -1);
      default: return null;
    }
  }

  function move(event) {
    const inCell = event.target.closest("td, th");
    if (!inCell || event.altKey || event.metaKey || event.shiftKey) return;
    const all = event.ctrlKey;
    if (all && event.key !== "Home" && event.key !== "End") return;
    const found = next(event.key, all, inCell);
    if (!found) return;
    event.preventDefault();
    found.focus();
  }

  const firstLink = () => lines().find((row) => row.id)?.querySelector("a") || list.querySelector("a");

  function installKeys() {
    list.setAttribute("role", "grid");
    scroller.removeAttribute("tabindex");
    for (const link of list.querySelectorAll("a")) link.tabIndex = -1;
    activate(firstLink());
    list.addEventListener("keydown", move);
    list.addEventListener("focusin", (event) => {
      const link = event.target.closest("a");
      if (link && !active?.closest("td, th").contains(link)) activate(link);
    });
    list.addEventListener("filtered", () => {
      if (!active || !isShown(active)) activate(firstLink());
    });
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      active?.focus();
    });
  }

  // The place of a link inside the table: marked, in the address, and nothing scrolls. The browser's own way to a
  // fragment would scroll, and drop the focus, which rows and cells cannot take.

  let marked = null;

  function mark(target) {
    marked?.classList.remove("here");
    marked = target;
    marked?.classList.add("here");
  }

  function targetOf(hash) {
    try {
      const found = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
      return found && list.contains(found) ? found : null;
    } catch {
      return null;
    }
  }

  function press(event) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a") || event.target.closest("td[id]")?.querySelector("a");
    const href = link?.getAttribute("href") || "";
    const target = href.startsWith("#") ? targetOf(href) : null;
    if (!target) return;
    event.preventDefault();
    try {
      history.replaceState(null, "", `${location.pathname}${location.search}${href}`);
    } catch {
      // Some browsers refuse this for file: URLs.
    }
    mark(target);
    link.focus({ preventScroll: true });
    if (target.matches("td")) panel.open(link);
  }

  /** A link from elsewhere: its cell is marked, takes the focus and opens. */
  function arrive() {
    const target = targetOf(location.hash);
    mark(target);
    const link = target && isShown(target) && target.querySelector("a");
    if (!link) return;
    link.focus({ preventScroll: true });
    if (target.matches("td")) panel.open(link);
  }

  /** The panel follows the focus while it is open. */
  function installPanel() {
    list.addEventListener("click", press);
    list.addEventListener("focusin", (event) => {
      const cell = event.target.closest("tbody td[id]");
      if (cell && panel.isOpen()) panel.open(cell.querySelector("a"));
    });
  }

  // Print: as many columns as fit on a landscape page, in equal parts, each with names and heads of its own

  const PAGE = 930; // pixels between the margins of A4 and Letter, whichever is narrower
  const NAMES = 250; // for the names of rows, and the release of the call

  const NARROWEST = 54;
  let parts = [];

  function part(columns, words) {
    const table = list.cloneNode(false);
    table.removeAttribute("role");
    const head = table.createTHead();
    const title = head.insertRow().appendChild(document.createElement("th"));
    const fixed = heads().filter((one) => !one.matches(".driver")).length;
    title.colSpan = fixed + columns.length;
    title.className = "part";
    title.textContent = words;
    const keep = (row) => {
      const copy = row.cloneNode(row.matches(".group"));
      copy.removeAttribute("id");
      if (row.matches(".group")) copy.cells[0].colSpan = title.colSpan;
      else copy.append(...[...row.cells].filter((cell, at) => at < fixed || columns.includes(at)).map(copied));
      return copy;
    };
    const cols = [...list.querySelectorAll("col")].filter((col, at) => at < fixed || columns.includes(at));
    table.prepend(document.createElement("colgroup"));
    table.firstChild.append(...cols.map((col) => col.cloneNode(false)));
    head.append(keep(list.tHead.rows[0]));
    for (const group of list.tBodies) {
      if (group.hidden) continue;
      const body = table.createTBody();
      body.append(...[...group.rows].filter((row) => !row.hidden).map(keep));
    }
    return table;
  }

  function copied(cell) {
    const copy = cell.cloneNode(true);
    copy.removeAttribute("id");
    return copy;
  }

  function split() {
    const all = heads();
    const shown = all.map((cell, at) => at).filter((at) => all[at].matches(".driver") && !all[at].hidden);
    const total = Math.ceil(shown.length / Math.floor((PAGE - NAMES) / NARROWEST));
    if (total < 2 || parts.length) return;
    const size = Math.ceil(shown.length / total);
    for (let at = 0; at < total; at += 1) {
      const columns = shown.slice(at * size, (at + 1) * size);
      const values = { part: at + 1, total, first: at * size + 1, last: at * size + columns.length, of: shown.length };
      parts.push(part(columns, fill(list.dataset.part, values)));
    }
    list.classList.add("whole");
    scroller.append(...parts);
  }

  function join() {
    for (const table of parts) table.remove();
    parts = [];
    list.classList.remove("whole");
  }

  installKeys();
  installPanel();
  window.addEventListener("beforeprint", split);
  window.addEventListener("afterprint", join);
  window.addEventListener("hashchange", arrive);
  window.addEventListener("popstate", () => mark(targetOf(location.hash)));
  // The browser's own way to the fragment of a new page drops the focus until the page is loaded.
  window.addEventListener("load", arrive);
})();
