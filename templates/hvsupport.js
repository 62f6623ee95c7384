// Search and filters. The page is readable without this file.
//
// The URL query holds the filters, so that a filtered view can be shared; the fragment is for links to rows and cells.
// All texts come from the page. hvsupport-grid.js hears of each change by the event "filtered".
(() => {
  "use strict";

  const list = document.querySelector("[data-items]");
  const tools = document.querySelector(".tools");
  if (!list || !tools) return;

  const byId = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const isMatrix = list.classList.contains("matrix");
  const scroller = list.closest(".scroller");
  const search = byId("ui:search");
  const count = byId("ui:count");
  const reset = byId("ui:reset");
  const summary = tools.querySelector(".picker summary");
  const drivers = [...tools.querySelectorAll("input[name=driver]")];
  const states = [...tools.querySelectorAll("input[name=state]")];
  const empty = byId("ui:empty");
  const differ = byId("ui:differ");
  const past = isMatrix ? window.hvsupportView : undefined;
  const dense = byId("ui:dense");
  const order = byId("ui:order");
  const across = byId("ui:columns");
  const columns = isMatrix ? window.hvsupportColumns : undefined;

  // Filter data is read once, so that a key press touches only what changes.
  const rows = [...list.querySelectorAll(list.dataset.items)].map((element) => {
    const name = element.querySelector("th") || element;
    const link = element.querySelector("a");
    return {
      element,
      link,
      group: element.closest(list.dataset.group),
      text: `${link.textContent} ${name.dataset.words || element.id}`.toLowerCase(),
      bits: null,
    };
  });
  const groups = [...new Set(rows.map((row) => row.group))];
  const bitOf = new Map(states.map((box, at) => [box.value, 1 << at]));
  const CHANGED = 1 << states.length;
  // States in which a driver has an entry, for the orders by number.
  const IMPLEMENTED = ["supported", "next", "conditional", "unannotated"].reduce((sum, state) => sum | (bitOf.get(state) || 0), 0);
  for (const name of ["gained", "lost"]) bitOf.set(name, CHANGED);
  const bitsOfClass = new Map();
  // Which columns are shown; each row remembers the view that its cells were last dressed for.
  // The rows as declared; "rows" is in the order that is shown.
  const declared = [...rows];
  let view = isMatrix ? drivers.map(() => true) : [true];
  for (const row of rows) row.view = view;
  // Values of the address that this page has no box for; they are kept for the next page.
  let foreign = { driver: [], state: [] };
  let marked = " false";
  let untouched = true;

  const ticked = (boxes) => boxes.filter((box) => box.checked).map((box) => box.value);
  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const cellsOf = (row) => (isMatrix ? columns.cellsOf(row.element) : [row.element]);

  function bitsOfCell(cell) {
    const name = cell.className;
    let bits = bitsOfClass.get(name);
    if (bits === undefined) {
      bits = name.split(" ").reduce((sum, one) => sum | (bitOf.get(one) || 0), 0);
      bitsOfClass.set(name, bits);
    }
    return bits;
  }

  /** The states of each cell of a row, as bits; read when first asked for. */
  function bitsOf(row) {
    row.bits ??= cellsOf(row).map(bitsOfCell);
    return row.bits;
  }

  /** What each cell of a row says, for the search; nothing where there is no support. */
  function saidBy(row) {
    row.said ??= cellsOf(row).map((cell) => {
      if (cell.matches("td.unsupported")) return null;
      // As of a release only what is shown then is found.
      const isPast = cell.classList.contains("past");
      const text = isMatrix ? `${cell.firstElementChild.textContent} ${(!isPast && cell.dataset.spans) || ""}` : cell.textContent;
      const notes = isMatrix ? (isPast ? [] : [...cell.querySelectorAll("sup a")]).map(textOfNote).join("\n") : text;
      return { releases: text.toLowerCase().split(/[^\w.+~-]+/), note: notes.toLowerCase() };
    });
    return row.said;
  }

  let noteTexts = null;

  function textOfNote(link) {
    noteTexts ??= new Map([...document.querySelectorAll(".notes li")].map((note) => [`#${note.id}`, note.querySelector("span").textContent]));
    return noteTexts.get(link.getAttribute("href")) ?? "";
  }

  const says = {
    release: (said, word) => said.releases.some((one) => one.startsWith(word) && !(/\d$/.test(word) && /^\d/.test(one.slice(word.length)))),
    note: (said, word) => said.note.includes(word),
    cell: (said, word) => says.release(said, word) || says.note(said, word),
  };
  const titles = columns?.heads.map((head) => `${head.textContent} ${head.dataset.key}`.toLowerCase()) ?? [];

  const exact = new Set(columns?.heads.flatMap((head) => [head.textContent.trim(), head.dataset.key]).map((title) => title.toLowerCase()));

  /** The words of the search by what they are about. A whole title is a driver. Another word is looked for in names; one
      that no name has in the titles of drivers, then in releases and notes. "driver:", "release:" and "note:" before a
      word ask for one of these. */
  function understood(text) {
    const asked = { names: [], drivers: [], cells: [] };
    for (const word of wordsOf(text.replace(/(^|\s)(driver|release|note):\s+/gi, "$1$2:"))) {
      const [, kind, rest] = word.match(/^(driver|release|note):(.*)$/) ?? [];
      if (kind && !rest) continue; // still being typed
      const isUnnamed = !kind && !rows.some((row) => row.text.includes(word));
      const isTitle = !kind && (isUnnamed ? titles.some((title) => title.includes(word)) : exact.has(word) && word.length > 2);
      if (isMatrix && (kind === "driver" || isTitle)) asked.drivers.push(rest ?? word);
      else if (kind ? kind !== "driver" : isUnnamed && isSaid(word)) asked.cells.push([says[kind ?? "cell"], rest ?? word]);
      else asked.names.push(word);
    }
    return { ...asked, columns: columnsWith(asked.drivers) };
  }

  /** Which drivers are asked for: those that have all words in their title, else those that have any. */
  function columnsWith(words) {
    const all = titles.map((title) => words.every((word) => title.includes(word)));
    return all.some(Boolean) ? all : titles.map((title) => words.some((word) => title.includes(word)));
  }

  const isSaid = (word) => rows.some((row) => saidBy(row).some((said) => said && says.cell(said, word)));

  /** The state of a cell with its releases as they are shown. */
  const historyOf = (cell, bits) => {
    const text = cell.firstElementChild;
    return `${bits} ${cell.classList.contains("past") ? text.textContent : cell.dataset.spans ?? text.firstChild?.data}`;
  };

  /** Whether the chosen drivers are not in one state or, unless only support is asked for, not since one release. */
  function differs(row, picked) {
    const bits = bitsOf(row);
    const isSupport = differ.value === "support";
    row.history ??= isSupport ? null : cellsOf(row).map((cell, at) => historyOf(cell, bits[at]));
    const found = (isSupport ? bits : row.history).filter((one, at) => picked[at]);
    return found.some((one) => one !== found[0]);
  }

  /** Whether anything but words, states and drivers narrows the table or changes its cells. */
  const extras = () => Boolean(empty?.checked || differ?.value || past?.active());

  /** The rows and columns with a hit, and the number of cells in each state before the choice of states. */
  function select(asked, wanted, picked) {
    const isWordless = !asked.names.length && !asked.drivers.length && !asked.cells.length;
    if (untouched && isWordless && !wanted.length && !extras() && picked.every(Boolean)) return { shown: rows, columns: picked, hits: [] };
    untouched = false;
    const mask = wanted.reduce((sum, state) => sum | (bitOf.get(state) || 0), 0);
    const changed = past?.changes() ? CHANGED : 0;
    const narrows = wanted.length > 0 || changed > 0 || asked.cells.length > 0;
    const hits = [];
    const alike = new Map();
    const hit = picked.map(() => false);
    const used = picked.map(() => false);
    const blank = bitOf.get("unsupported") || 0;
    const isNobody = asked.drivers.length > 0 && !asked.columns.some(Boolean);
    const shown = rows.filter((row) => {
      if (past?.isYounger(row.element)) return false;
      if (isNobody || !asked.names.every((word) => row.text.includes(word))) return false;
      if (differ?.value && !differs(row, picked)) return false;
      let found = false;
      const said = asked.cells.length ? saidBy(row) : null;
      bitsOf(row).forEach((bits, at) => {
        if (!picked[at]) return;
        if (said && !(said[at] && asked.cells.every(([fits, word]) => fits(said[at], word)))) return;
        alike.set(bits, (alike.get(bits) || 0) + 1);
        if (bits & ~blank) used[at] = true;
        if ((bits & mask || !wanted.length) && (bits & changed || !changed)) {
          hit[at] = found = true;
          if (said) hits.push([row, at]);
        }
      });
      return found || !narrows;
    });
    const numbers = states.map((box, at) => [...alike].reduce((sum, [bits, cells]) => sum + ((bits >> at) & 1) * cells, 0));
    const narrow = shown.length > 0 && narrows;
    const sparse = shown.length > 0 && empty?.checked;
    return { shown, numbers, hits, columns: picked.map((one, at) => one && (hit[at] || !narrow) && (used[at] || !sparse)) };
  }

  function showColumns(wanted) {
    if (wanted.every((shown, at) => shown === view[at])) return;
    // The column element too: in print the rest shares its width.
    wanted.forEach((shown, at) => { columns.heads[at].hidden = columns.cols[at].hidden = !shown; });
    view = wanted;
    const number = wanted.filter(Boolean).length;
    for (const head of list.querySelectorAll("th[scope=rowgroup]")) head.colSpan = columns.before + number;
    list.style.setProperty("--columns", number);
  }

  /** Order the cells and hide those of hidden columns; rows that are not shown wait until they are. */
  function dress(row) {
    columns.arrange(row.element);
    if (row.view === view) return;
    cellsOf(row).forEach((cell, at) => { if (view[at] !== row.view[at]) cell.hidden = !view[at]; });
    row.view = view;
  }

  function showRows(shown) {
    const numbers = new Map(groups.map((group) => [group, 0]));
    for (const row of shown) numbers.set(row.group, numbers.get(row.group) + 1);
    const wanted = new Set(shown);
    for (const row of rows) {
      const gone = !wanted.has(row);
      if (isMatrix && !gone) dress(row);
      if (row.element.hidden !== gone) row.element.hidden = gone;
    }
    for (const [group, number] of numbers) {
      group.hidden = number === 0;
      const label = isMatrix && group.querySelector(".group small");
      if (label) label.textContent = number;
    }
  }

  const byName = (one, other) => one.link.textContent.localeCompare(other.link.textContent, undefined, { numeric: true });

  /** Order the rows of each group as chosen; only the rows of a group whose order changes are moved. */
  function sortRows(picked) {
    if (!order) return;
    const works = (row) => bitsOf(row).filter((bits, at) => picked[at] && bits & IMPLEMENTED).length;
    const compare = { name: byName, most: (one, other) => other.works - one.works, least: (one, other) => one.works - other.works }[order.value];
    const wanted = [...declared];
    if (compare === undefined && wanted.every((row, at) => row === rows[at])) return;
    if (order.value.endsWith("st")) for (const row of rows) row.works = works(row);
    const places = new Map(groups.map((group, at) => [group, at]));
    if (compare) wanted.sort((one, other) => places.get(one.group) - places.get(other.group) || compare(one, other));
    for (const group of groups) {
      const now = rows.filter((row) => row.group === group);
      const then = wanted.filter((row) => row.group === group);
      if (then.some((row, at) => row !== now[at])) group.append(...then.map((row) => row.element));
    }
    rows.splice(0, rows.length, ...wanted);
  }

  /** Order the columns as chosen, by all rows. */
  function sortColumns() {
    if (!across) return;
    const names = columns.heads.map((head) => head.textContent.trim());
    const count = (column) => rows.filter((row) => bitsOf(row)[column] & IMPLEMENTED).length;
    const numbers = across.value.endsWith("st") ? columns.declared.map(count) : [];
    const compare = {
      name: (one, other) => names[one].localeCompare(names[other], undefined, { numeric: true }),
      most: (one, other) => numbers[other] - numbers[one],
      least: (one, other) => numbers[one] - numbers[other],
    }[across.value];
    columns.choose(compare ? [...columns.declared].sort(compare) : columns.declared);
  }

  function markStates(wanted) {
    const changes = Boolean(past?.changes());
    const key = `${wanted} ${changes}`;
    if (!isMatrix || marked === key) return;
    for (const box of states) list.classList.toggle(`only-${box.value}`, box.checked);
    list.classList.toggle("only-changes", changes);
    list.classList.toggle("only", wanted.length > 0 || changes);
    marked = key;
  }

  const MOST = 2000; // marks; more would only slow the page down

  /** Mark the words in the names, heads and notes, and the cells that they are about, without touching the document. */
  function markWords(asked, { shown, hits }) {
    if (!CSS.highlights) return;
    CSS.highlights.delete("hit");
    const noted = asked.cells.length && isMatrix ? [...document.querySelectorAll(".notes li > span")] : [];
    const ranges = [
      ...shown.flatMap((row) => asked.names.flatMap((word) => rangeOf(row.link, word))),
      ...(columns?.heads ?? []).flatMap((head) => asked.drivers.flatMap((word) => rangeOf(head.querySelector("a"), word))),
      ...(isMatrix ? hits.slice(0, MOST).map(([row, at]) => wholeOf(cellsOf(row)[at].firstElementChild)) : []),
      ...noted.flatMap((note) => asked.cells.flatMap(([, word]) => rangeOf(note, word))),
    ];
    if (ranges.length) CSS.highlights.set("hit", new Highlight(...ranges));
  }

  function wholeOf(link) {
    const range = new Range();
    range.selectNodeContents(link);
    return range;
  }

  function rangeOf(link, word) {
    const start = link.textContent.toLowerCase().indexOf(word);
    if (start < 0) return [];
    const range = new Range();
    let passed = 0;
    for (const node of (link.querySelector("bdi") || link).childNodes) {
      const length = node.nodeType === Node.TEXT_NODE ? node.length : 0;
      const end = start + word.length - passed;
      if (start >= passed && start < passed + length) range.setStart(node, start - passed);
      if (end > 0 && end <= length) range.setEnd(node, end);
      passed += length;
    }
    return range.collapsed ? [] : [range];
  }

  let notes = null;

  /** Show the notes of the cells that are shown. */
  function showNotes(shown, filtered) {
    if (!isMatrix || (!filtered && !notes)) return;
    notes ??= [...document.querySelectorAll(".notes li")].map((element) => ({ element, cells: [] }));
    if (!notes.length) return;
    if (!notes[0].cells.length) {
      const byHref = new Map(notes.map((note) => [`#${note.element.id}`, note]));
      for (const row of rows) {
        for (const link of row.element.querySelectorAll("sup a")) {
          byHref.get(link.getAttribute("href"))?.cells.push([row, columns.columnOf(link.closest("td"))]);
        }
      }
    }
    const wanted = new Set(shown);
    for (const { element, cells } of notes) element.hidden = !cells.some(([row, at]) => wanted.has(row) && view[at]);
    const section = notes[0].element.closest(".notes");
    section.hidden = notes.every(({ element }) => element.hidden);
  }

  function apply() {
    const wanted = [...ticked(states), ...foreign.state];
    if (past?.apply()) for (const row of rows) row.bits = row.said = row.history = null;
    const asked = understood(search.value);
    const focused = document.activeElement;
    const picked = isMatrix ? drivers.map((box, at) => box.checked && asked.columns[at] && !past?.isUnborn(at)) : [true];
    sortRows(picked);
    sortColumns();
    const found = select(asked, wanted, picked);
    if (isMatrix) showColumns(found.columns);
    markStates(wanted);
    showRows(found.shown);
    // What is moved in the document loses the focus.
    if (list.contains(focused) && focused !== document.activeElement) focused.focus({ preventScroll: true });
    markWords(asked, found);
    const filtered = search.value.trim() !== "" || foreign.driver.length > 0 || wanted.length > 0 || extras() || drivers.some((box) => !box.checked);
    showNotes(found.shown, filtered);
    found.numbers?.forEach((number, at) => { states[at].parentElement.querySelector("b").textContent = number; });
    const seen = view.filter(Boolean).length;
    if (summary) summary.textContent = fill(tools.dataset.chosen, { count: seen, total: drivers.length });
    const { summary: some, nothing, younger } = tools.dataset;
    const result = found.shown.length ? fill(some, { shown: found.shown.length, total: rows.length }) : nothing;
    const newer = past?.younger();
    count.textContent = newer?.number ? `${result}${fill(younger, newer)}` : result;
    reset.hidden = !filtered;
    list.dispatchEvent(new Event("filtered"));
  }

  // The scale: chosen, or by the stylesheet where many columns would not fit otherwise

  const snug = matchMedia("(min-width: 60rem) and (max-width: 92rem)");
  let density = "";

  function setDensity(value) {
    if (!dense) return;
    density = ["compact", "comfortable"].includes(value) ? value : "";
    for (const name of ["compact", "comfortable"]) scroller.classList.toggle(name, density === name);
    dense.setAttribute("aria-pressed", String(density ? density === "compact" : snug.matches && scroller.matches(".many.narrow")));
  }

  // The URL: a choice is a step that "back" undoes; what is typed at a stretch is one step, as are the releases that the
  // keys pass until something else is chosen.

  const tabs = [...document.querySelectorAll(".tabs a")].map((link) => [link, link.getAttribute("href")]);
  let typing = false;
  let sliding = false;
  let waiting = 0;

  function address() {
    const query = new URLSearchParams();
    if (search.value.trim()) query.set("q", search.value.trim());
    const some = drivers.some((box) => !box.checked);
    const chosen = [...(some ? ticked(drivers) : []), ...foreign.driver];
    for (const key of some && !chosen.length ? [""] : chosen) query.append("driver", key);
    for (const state of [...ticked(states), ...foreign.state]) query.append("state", state);
    if (empty?.checked) query.set("empty", "hide");
    if (differ?.value) query.set("rows", differ.value);
    if (order?.value) query.set("order", order.value);
    if (across?.value) query.set("columns", across.value);
    past?.write(query);
    if (density) query.set("density", density);
    const text = query.toString();
    return text ? `?${text}` : "";
  }

  /** The fragment, unless it leads to a cell that the filters hide: opened again, that would undo them. */
  function hash() {
    let target = null;
    try {
      target = byId(decodeURIComponent(location.hash.slice(1)));
    } catch {
      // It leads nowhere.
    }
    return target && list.contains(target) && !target.checkVisibility() ? "" : location.hash;
  }

  function write(push) {
    clearTimeout(waiting);
    const there = `${location.pathname}${address()}${hash()}`;
    try {
      if (push) history.pushState(null, "", there);
      else history.replaceState(null, "", there);
    } catch {
      // Some browsers refuse this for file: URLs; the filters still work.
    }
    linkTabs();
  }

  /** The filter goes along to the matrix of another interface. */
  function linkTabs() {
    if (isMatrix) for (const [link, href] of tabs) link.setAttribute("href", href + address());
  }

  function typed() {
    apply();
    if (!typing) write(true);
    typing = true;
    sliding = false;
    clearTimeout(waiting);
    waiting = setTimeout(() => write(false), 150);
  }

  function changed() {
    apply();
    typing = sliding = false;
    write(true);
  }

  function slid() {
    apply();
    typing = false;
    write(!sliding);
    sliding = true;
  }

  function recall() {
    clearTimeout(waiting);
    typing = sliding = false;
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") || "";
    const asked = { driver: query.getAll("driver"), state: query.getAll("state") };
    const unknown = (values, boxes) => values.filter((one) => one && !boxes.some((box) => box.value === one));
    foreign = { driver: unknown(asked.driver, drivers), state: unknown(asked.state, states) };
    const all = asked.driver.every((one) => foreign.driver.includes(one));
    for (const box of drivers) box.checked = all || asked.driver.includes(box.value);
    for (const box of states) box.checked = asked.state.includes(box.value);
    if (empty) empty.checked = query.get("empty") === "hide";
    for (const [select, name] of [[differ, "rows"], [order, "order"], [across, "columns"]]) {
      if (select) select.value = [...select.options].some((one) => one.value === query.get(name)) ? query.get(name) : "";
    }
    past?.recall(query);
    setDensity(query.get("density"));
    linkTabs();
  }

  function clear() {
    search.value = "";
    foreign = { driver: [], state: [] };
    for (const box of drivers) box.checked = true;
    for (const box of states) box.checked = false;
    if (empty) empty.checked = false;
    for (const select of [differ, order, across]) if (select) select.value = "";
    past?.clear();
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
    if (!target.checkVisibility()) {
      clear();
      apply();
      write(false);
    }
    reveal(target, 4);
  }

  /** The browser goes to a fragment once more after the page is loaded, and rows get their true heights on the way: in
      the next frames the target is shown again. */
  function reveal(target, frames) {
    if (isMatrix) scrollTo(scrollX, 0);
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (frames) requestAnimationFrame(() => reveal(target, frames - 1));
    else list.dispatchEvent(new Event("revealed"));
  }

  const isTyping = (element) => element.matches("textarea, select, [contenteditable], input:not([type=checkbox])");

  function installKeys() {
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && search.value) {
        event.preventDefault();
        search.value = "";
        typed();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        rows.find((one) => !one.element.hidden)?.link.focus();
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.altKey && !event.metaKey && !isTyping(event.target)) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape") {
        closePicker(true);
      }
    });
  }

  // Menus close on Escape, on a click elsewhere, and when another one opens

  const pickers = [...tools.querySelectorAll(".picker")];

  function closePicker(back, but) {
    for (const picker of pickers) {
      if (!picker.open || picker === but) continue;
      const inside = picker.contains(document.activeElement);
      picker.open = false;
      if (back && inside) picker.querySelector("summary").focus();
    }
  }

  function installTools() {
    search.addEventListener("input", typed);
    search.addEventListener("change", () => {
      if (typing) write(false);
      typing = false;
    });
    for (const box of [...drivers, ...states, ...[empty, differ, order, across].filter(Boolean)]) box.addEventListener("change", changed);
    past?.changed({ choose: changed, slide: apply, slid, leave: () => { sliding = false; } });
    dense?.addEventListener("click", () => {
      setDensity(dense.getAttribute("aria-pressed") === "true" ? "comfortable" : "compact");
      write(true);
    });
    snug.addEventListener("change", () => setDensity(density));
    reset.addEventListener("click", () => {
      clear();
      changed();
      search.focus();
    });
    for (const button of tools.querySelectorAll("[data-tick]")) {
      button.addEventListener("click", () => {
        for (const box of drivers) box.checked = button.dataset.tick === "all";
        changed();
      });
    }
    document.addEventListener("pointerdown", (event) => {
      closePicker(false, pickers.find((picker) => picker.contains(event.target)));
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
  if (isMatrix) list.style.setProperty("--columns", view.length);
  recall();
  apply();
  installTools();
  installKeys();
  showTarget();
})();
