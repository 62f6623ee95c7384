// The panel of a cell: history, why, notes, links. It stands beside the table or over a part of it that does not hold
// the cell, and never moves the table. hvsupport-grid.js opens it.
(() => {
  "use strict";

  const list = document.querySelector("table.matrix");
  const panel = document.getElementById("ui:panel");
  if (!list || !panel) return;

  const { spansOf, releases, cssOf, copy } = window.hvsupportView;
  const scroller = list.parentElement;
  const [close, title, body] = panel.children;
  const words = panel.dataset;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const { cellsOf, headOf } = window.hvsupportColumns;
  let shown = null;

  function made(name, text, values = {}) {
    const element = Object.assign(document.createElement(name), values);
    if (text) element.append(isolated(text));
    return element;
  }

  function isolated(text) {
    const element = document.createElement("bdi");
    // Paths break between their folders.
    text.split(/(?<=\/)/).forEach((part, at) => element.append(...(at ? [document.createElement("wbr"), part] : [part])));
    return element;
  }

  /** The spans of a cell, each with its part of all known releases as a bar. */
  function history(cell) {
    const spans = spansOf(cell);
    if (!spans.length) return [];
    const lines = made("ol", "", { className: "timeline" });
    for (const [first, removed, open] of spans) {
      const until = removed === Infinity ? words.today : releases[removed];
      const line = made("li", fill(words.span, { since: `${open ? "≤ " : ""}${releases[first]}`, until }));
      const bar = line.appendChild(made("span"));
      const end = Math.min(removed, releases.length);
      bar.style.marginLeft = `${(first / releases.length) * 100}%`;
      bar.style.width = `${((end - first) / releases.length) * 100}%`;
      lines.append(line);
    }
    return [made("h3", words.history), lines];
  }

  function sourceOf(cell, head) {
    // The list leaves out cells that are plainly unsupported.
    const defined = cellsOf(cell.parentElement).filter((one) => cssOf(one) !== "unsupported");
    const at = cell.parentElement.dataset.at.split(" ")[defined.indexOf(cell)];
    if (!at || at === "-") return null;
    const place = /^\d+$/.test(at) ? `${head.dataset.path}:${at}` : decodeURIComponent(at);
    const [, path, line] = place.match(/^(.*):(\d+)$/);
    const pattern = list.dataset.source;
    const quoted = path.split("/").map(encodeURIComponent).join("/");
    return [words.source, place, pattern && pattern.replace("{path}", () => quoted).replace("{line}", line)];
  }

  /** Names, texts and addresses of everything there is to go to from a cell. */
  function links(cell, head, row) {
    const docs = [...row.cells[0].querySelectorAll("a.docs")].map((link) => {
      const web = /^https?:/.test(link.getAttribute("href"));
      const text = web ? row.querySelector("a").textContent : link.title;
      return [web ? words.docs : words.protocol, text, link.getAttribute("href")];
    });
    const flag = cell.querySelector("a.flag");
    const driver = head.querySelector("a");
    return [
      ...docs,
      sourceOf(cell, head),
      flag && [words.findings, flag.title, flag.getAttribute("href")],
      [words.entry, row.querySelector("a").textContent, `${list.dataset.entries}/${row.dataset.page ?? row.id}.html`],
      [words.driver, driver.textContent, `${driver.getAttribute("href")}#${row.id}`],
    ].filter(Boolean);
  }

  function facts(found) {
    const all = made("dl");
    for (const [name, text, href] of found) {
      const value = made("dd");
      value.append(href ? made("a", text, { href }) : isolated(text));
      all.append(made("dt", name), value);
    }
    return all;
  }

  function copyButton(cell) {
    const button = made("button", words.copy, { type: "button" });
    button.addEventListener("click", async () => {
      await copy(`${location.href.split("#")[0]}#${cell.id}`);
      button.textContent = words.copied;
    });
    return button;
  }

  function open(link) {
    const cell = link.closest("td");
    const row = cell.parentElement;
    const head = headOf(cell);
    title.replaceChildren(isolated(head.textContent.trim()), " · ", isolated(row.querySelector("a").textContent));
    const said = link.getAttribute("aria-label") || fill(words.plain, { text: link.textContent });
    const why = made("ul", "", { className: "why" });
    why.append(...said.split("; ").map((part) => made("li", part)));
    body.replaceChildren(why, ...history(cell), facts(links(cell, head, row)), copyButton(cell));
    panel.hidden = false;
    panel.scrollTop = 0;
    shown = link;
    place(cell.getBoundingClientRect());
  }

  /** Beside the table where there is room, else over it, on the side that does not hold the cell. */
  function place(cell) {
    const table = scroller.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel;
    const edge = 8;
    const sheet = innerWidth < 704;
    let left = table.right + edge;
    if (left + width > innerWidth - edge) left = innerWidth - width - 2 * edge;
    if (cell.right > left && cell.left < left + width) left = edge;
    let top = Math.max(edge, table.top);
    if (sheet) top = cell.bottom + edge + height < innerHeight ? innerHeight - height - edge : edge;
    Object.assign(panel.style, { left: `${left}px`, top: `${top}px` });
    panel.style.maxHeight = sheet ? "" : `${innerHeight - top - edge}px`;
  }

  function hide() {
    if (!shown) return;
    if (panel.contains(document.activeElement)) shown.focus({ preventScroll: true });
    shown = null;
    panel.hidden = true;
  }

  const replace = () => { if (shown) place(shown.closest("td").getBoundingClientRect()); };
  window.addEventListener("resize", replace);
  window.addEventListener("scroll", replace, { passive: true });
  list.addEventListener("revealed", replace);
  close.addEventListener("click", hide);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!scroller.contains(event.target) && !panel.contains(event.target)) hide();
  });
  list.addEventListener("filtered", () => {
    if (shown && !shown.checkVisibility()) hide();
    else if (shown) open(shown);
  });

  // The column that the pointer or the focus is in: its head, and a strip over its cells, which need no new styles

  let column = null;
  const strip = made("div", "", { className: "lit", hidden: true });
  strip.setAttribute("aria-hidden", "true");
  scroller.append(strip);

  function lay(head) {
    strip.hidden = !head?.matches(".driver");
    if (strip.hidden) return;
    const left = head.getBoundingClientRect().left - scroller.getBoundingClientRect().left - scroller.clientLeft + scroller.scrollLeft;
    Object.assign(strip.style, { left: `${left}px`, width: `${head.offsetWidth}px`, height: `${list.offsetHeight}px` });
  }

  function over(event) {
    const cell = event.target instanceof Element && event.target.closest("td");
    const head = cell ? headOf(cell) : null;
    const link = event.type === "pointerover" && cell?.querySelector("a[aria-label]:not([title])");
    if (link) link.title = link.getAttribute("aria-label");
    if (head === column) return;
    column?.classList.remove("over");
    head?.classList.add("over");
    column = head;
    lay(head);
  }

  list.addEventListener("pointerover", over);
  list.addEventListener("focusin", over);
  list.addEventListener("pointerleave", over);
  list.addEventListener("filtered", () => lay(null));
  // Rows get their true heights when they come into sight: a strip that is longer would make the table scroll past its end.
  new ResizeObserver(() => { if (!strip.hidden) lay(column); }).observe(list);

  window.hvsupportPanel = { open, hide, isOpen: () => shown !== null };
})();
