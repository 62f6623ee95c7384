// The matrix as of a release, what changed since another, and ways to take it along: a copy as Markdown, CSV and JSON.
// hvsupport.js calls it; the table is whole without this file.
(() => {
  "use strict";

  const list = document.querySelector("table.matrix");
  const slider = document.getElementById("ui:release");
  const since = document.getElementById("ui:since");
  const share = document.getElementById("ui:share");
  if (!list || !share) return;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const releases = (list.dataset.releases || "").split(" ").filter(Boolean);
  const order = new Map(releases.map((release, at) => [release, at]));
  /** The place of the release that the page describes: what has no release is known to stand in it. */
  const today = order.get(share.dataset.release) ?? order.get("next") ?? releases.length;
  const words = slider?.closest("fieldset").dataset || {};

  // History

  const spansBy = new WeakMap();

  /** The spans of a cell as ``[since, removed, unknown before, in part, deprecated]``, releases as positions in the list. */
  function spansOf(cell) {
    let spans = spansBy.get(cell);
    if (!spans) spansBy.set(cell, spans = spansIn(cell));
    return spans;
  }

  function spansIn(cell) {
    const link = cell.firstElementChild;
    const text = cell.dataset.spans ?? (cell.matches(".supported, .next") ? link.firstChild?.data ?? "" : "");
    return text.split(";").filter(Boolean).map((span) => {
      const [first, ...rest] = span.split(" ");
      const open = first.startsWith("<=");
      const removed = rest.find((word) => order.has(word));
      const deprecated = rest.find((word) => word.startsWith("†"));
      const since = deprecated === undefined ? Infinity : order.get(deprecated.slice(1)) ?? -1;
      return [order.get(open ? first.slice(2) : first), removed ? order.get(removed) : Infinity, open, rest.includes("~"), since];
    }).filter(([first]) => first !== undefined);
  }

  /** Classes and text of a cell as of a release; ``css`` are its classes now: a condition holds then as well. */
  function stateAt(spans, at, css) {
    if (!spans.length) return at < today && /^supported\b/.test(css) ? ["unknown", "?"] : [null, ""];
    const begun = spans.filter(([first]) => first <= at);
    if (!begun.length) return spans[0][2] ? ["unknown", "?"] : ["unsupported", "–"];
    const [first, removed, open, isPartial, deprecated] = begun.at(-1);
    if (removed <= at) return ["removed", `${words.removed} ${releases[removed]}`];
    const isConditional = css.includes("conditional");
    const isDeprecated = deprecated <= at;
    const state = isConditional ? "conditional" : releases[first] === "next" ? "next" : "supported";
    const classes = [state, isPartial && "partial", isDeprecated && "deprecated"];
    const signs = [isConditional ? "?" : isPartial && "~", isDeprecated && "†", open && "≤"];
    return [classes.filter(Boolean).join(" "), [...signs, releases[first]].filter(Boolean).join(" ")];
  }

  const plain = (css) => css.split(" ").filter((word) => word && word !== "here").join(" ");
  /** The first release of each driver, as a position: of its oldest cell that has one; -1 where none has. */
  let begins = null;
  const columns = window.hvsupportColumns;
  const originals = new WeakMap();
  let cells = null; // with history: element, spans, what it holds now, and what it shows
  let shownAt = releases.length;
  let shownSince = -1;
  let younger = new Set(); // rows of calls that are newer than the release shown

  function read() {
    if (cells) return cells;
    const all = [...list.querySelectorAll("tbody td[id]")].map((element) => (
      { element, spans: spansOf(element), key: "", css: plain(element.className), column: columns.columnOf(element) }));
    begins = columns.declared.map(() => Infinity);
    for (const { spans, column } of all) for (const [first, , open] of spans) begins[column] = Math.min(begins[column], open ? -1 : first);
    for (const at of columns.declared) if (begins[at] === Infinity) begins[at] = -1;
    cells = all.filter(({ spans, css }) => spans.length || !css.startsWith("unsupported"));
    return cells;
  }

  function dress(cell, key, state, text, change) {
    const { element } = cell;
    const link = element.firstElementChild;
    cell.now ??= { css: cell.css, nodes: [...link.childNodes], label: link.getAttribute("aria-label") };
    const { css, nodes, label } = cell.now;
    originals.set(element, css);
    link.removeAttribute("title");
    element.className = `${state ? `${state} past` : css}${change ? ` ${change}` : ""}`;
    if (state) link.textContent = text;
    else link.replaceChildren(...nodes);
    const said = state === "unknown" ? `${text} ${words.unknown}` : text;
    const spoken = [state ? fill(words.spoken, { text: said, release: releases[shownAt] }) : label, change && words[change]];
    const whole = spoken.filter(Boolean).join("; ");
    if (whole) link.setAttribute("aria-label", whole);
    else link.removeAttribute("aria-label");
    cell.key = key;
  }

  /** Show all cells as of a release and mark what changed since another; positions in the list of releases. */
  function show(at, from) {
    if (at === shownAt && from === shownSince) return false;
    shownAt = at;
    shownSince = from;
    const last = releases.length;
    const told = new Map(); // row -> whether a cell of it shows anything
    for (const cell of read()) {
      const isThere = cell.spans.length > 0 || at >= last || begins[cell.column] <= at;
      const [state, text] = !isThere ? ["unsupported", "–"] : at < last ? stateAt(cell.spans, at, cell.css) : [null, ""];
      const row = cell.element.parentElement;
      told.set(row, told.get(row) || (state ?? cell.css).split(" ")[0] !== "unsupported");
      const works = (when) => cell.spans.some(([first, removed]) => first <= when && when < removed);
      const before = from >= 0 && works(from);
      const after = works(Math.min(at, last - 1));
      const change = from < 0 || before === after ? "" : after ? "gained" : "lost";
      const key = `${state ?? ""} ${text} ${change}`.trim();
      if (key !== cell.key) dress(cell, key, state, text, change);
    }
    younger = new Set(at < last ? [...list.querySelectorAll("tbody tr[id]")].filter((row) => !told.get(row) && isYounger(row, at, told.has(row))) : []);
    return true;
  }

  /** Whether the call of a row came after a release: by its own release, or else because all support for it did. */
  function isYounger(row, at, isImplemented) {
    const since = row.querySelector("td.since")?.textContent;
    if (!since) return isImplemented;
    return since === "next" || (order.has(since) ? order.get(since) > at : placeOf(since) >= at);
  }

  // Taking it along

  const textOf = (cell) => (cell.firstElementChild?.matches("th a, td a") ? cell.firstElementChild : cell).textContent.trim();

  /** The numbers and texts of the notes of a cell; as of an old release they may not hold. */
  const notesOf = (cell) => (cell.matches(".past") ? [] : [...cell.querySelectorAll("sup a")].map((link) => (
    [link.textContent, document.getElementById(link.hash.slice(1)).querySelector("span").textContent])));

  /** What is shown: names of the columns, and for each row its name, and texts and notes of its cells. */
  function shown() {
    const heads = [...list.tHead.rows[0].cells];
    const at = heads.map((head, number) => number).filter((number) => !heads[number].hidden);
    const rows = [...list.querySelectorAll("tbody tr[id]")].filter((row) => !row.hidden);
    const line = (row) => at.map((number) => {
      const cell = row.cells[number];
      return { text: cell.matches(".unsupported") ? "" : textOf(cell), notes: notesOf(cell) };
    });
    return { heads: at.map((number) => textOf(heads[number])), rows: rows.map(line) };
  }

  const here = () => ({ release: chosen() || share.dataset.release, since: since?.value ?? "", title: share.dataset.title });

  function markdown() {
    const { heads, rows } = shown();
    const plain = (text) => text.replace(/([\\|`*_<>[\]])/g, "\\$1").replace(/\s+/g, " ");
    const row = (texts) => `| ${texts.join(" | ")} |\n`;
    const cell = ({ text, notes }) => `${plain(text)}${notes.map(([number]) => `[^${number}]`).join("")}`;
    const told = new Map(rows.flat().flatMap(({ notes }) => notes));
    const notes = [...told].sort(([one], [other]) => one - other).map(([number, text]) => `[^${number}]: ${plain(text)}\n`);
    const { asOf, between } = share.dataset;
    const caption = `**${plain(fill(since?.value ? between : asOf, here()))}**\n\n`;
    const table = row(heads.map(plain)) + row(heads.map(() => "---")) + rows.map((one) => row(one.map(cell))).join("");
    return `${caption}${table}${notes.length ? "\n" : ""}${notes.join("")}`;
  }

  /** The notes of a row, each with the driver that it is about. */
  const noted = (cells, heads) => cells.flatMap(({ notes }, at) => notes.map(([, text]) => `${heads[at]}: ${text}`)).join("; ");

  /** Texts that a spreadsheet would run as a formula get an apostrophe. */
  const field = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;

  function csv() {
    const { heads, rows } = shown();
    const when = here();
    const isChange = when.since !== "";
    const more = (cells) => [noted(cells, heads), when.release, ...(isChange ? [when.since] : [])];
    const lines = rows.map((cells) => [...cells.map(({ text }) => text), ...more(cells)]);
    const names = [...heads, ...share.dataset.columns.split("|").slice(0, isChange ? 3 : 2)];
    return [names, ...lines].map((texts) => `${texts.map(field).join(",")}\r\n`).join("");
  }

  function json() {
    const { heads, rows } = shown();
    const entry = ([{ text: name }, ...cells]) => {
      const notes = cells.flatMap(({ notes: found }, at) => (found.length ? [[heads[at + 1], found.map(([, text]) => text)]] : []));
      return { name, cells: cells.map(({ text }) => text), ...(notes.length ? { notes: Object.fromEntries(notes) } : {}) };
    };
    const value = {
      title: document.title,
      release: releases[shownAt] ?? null,
      since: releases[shownSince] ?? null,
      columns: heads.slice(1),
      entries: rows.map(entry),
    };
    return `${JSON.stringify(value, null, 1)}\n`;
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.body.appendChild(document.createElement("textarea"));
      box.value = text;
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  }

  const file = () => `${location.pathname.split("/").pop().replace(/\.html$/, "")}${location.search ? "-selection" : ""}`;
  const actions = {
    link: () => copy(location.href),
    markdown: () => copy(markdown()),
    csv: () => save(`${file()}.csv`, "text/csv", csv()),
    json: () => save(`${file()}.json`, "application/json", json()),
  };
  share.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-take]");
    if (!button) return;
    await actions[button.dataset.take]();
    share.querySelector("output").textContent = button.dataset.done;
  });

  // For hvsupport.js

  const output = slider?.parentElement.querySelector("output");
  const summary = slider?.closest("details").querySelector("summary");

  /** The place of a release in the list; of one that is not in it, that of the last one before it, which differs in nothing. */
  function placeOf(release) {
    if (!release || order.has(release)) return order.get(release);
    const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
    const isBefore = (one, other) => {
      const at = other.findIndex((number, place) => number !== one[place]);
      return at < 0 || (one[at] ?? -1) < other[at];
    };
    const wanted = numbers(release);
    const found = releases.findLastIndex((one) => /\d/.test(one) && isBefore(numbers(one), wanted));
    return wanted.length && found >= 0 ? found : undefined;
  }

  const chosen = () => (slider && Number(slider.value) < releases.length ? releases[slider.value] : "");

  function apply() {
    if (!slider) return false;
    const from = order.get(since.value) ?? -1;
    const release = chosen();
    output.textContent = release || words.now;
    slider.setAttribute("aria-valuetext", output.textContent);
    const text = from < 0 ? words.summary : words.between;
    summary.textContent = fill(text, { release: output.textContent, since: since.value });
    // For print, where the menus are not.
    list.parentElement.dataset.past = release || from >= 0 ? summary.textContent : "";
    return show(Number(slider.value), from);
  }

  window.hvsupportView = {
    spansOf,
    releases,
    /** The classes of a cell as of now. */
    cssOf: (cell) => originals.get(cell) ?? plain(cell.className),
    apply,
    copy,
    /** Tell that a release was chosen, that the slider moves or has moved, and that what it does next is another step. */
    changed: ({ choose, slide, slid, leave }) => {
      if (!slider) return;
      since.addEventListener("change", choose);
      slider.addEventListener("input", slide);
      slider.addEventListener("change", slid);
      for (const kind of ["blur", "pointerdown"]) slider.addEventListener(kind, leave);
    },
    /** Whether only what changed is wanted. */
    changes: () => Boolean(since?.value),
    /** Whether a driver is newer than the release shown; columns as declared. */
    isUnborn: (column) => shownAt < releases.length && begins[column] > shownAt,
    /** Whether a row is about a call that is newer than the release shown; "number" of them, and that release. */
    isYounger: (row) => younger.has(row),
    younger: () => ({ number: younger.size, release: chosen() }),
    active: () => Boolean(chosen() || since?.value),
    write: (query) => {
      if (chosen()) query.set("release", chosen());
      if (since?.value) query.set("since", since.value);
    },
    recall: (query) => {
      if (!slider) return;
      slider.value = placeOf(query.get("release")) ?? releases.length;
      since.value = releases[placeOf(query.get("since"))] ?? "";
    },
    clear: () => {
      if (!slider) return;
      slider.value = releases.length;
      since.value = "";
    },
  };
})();
