// The search over the whole site: hvsupport-index.js gives [kind, title, where, address, text] of everything there is.
// Everything from the index is shown as text.
(() => {
  "use strict";

  const box = document.getElementById("ui:search");
  const finder = box.parentElement;
  const results = document.getElementById("ui:results");
  const count = document.getElementById("ui:count");
  const kinds = finder.dataset.kinds.split("|");
  const MOST = 60;
  const AROUND = 70; // characters of a text before the word that was found, and after
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  const items = hvsupportIndex.map(([kind, title, where, href, text]) => {
    const name = title.toLowerCase();
    return { kind, title, where, href, text, name, all: `${name} ${where.toLowerCase()} ${text.toLowerCase()}` };
  });

  /** How far down an item belongs: a name that is the word, begins with it, has it at the start of a word, has it. */
  function rank(item, words, whole) {
    if (item.name === whole) return 0;
    if (item.name.startsWith(whole)) return 1;
    if (words.every((word) => item.name.includes(word))) return words.every((word) => starts(item, word)) ? 2 : 3;
    return 4 + item.kind;
  }

  function starts(item, word) {
    const at = item.name.indexOf(word);
    return at === 0 || /[^\p{L}\p{N}]/u.test(item.name[at - 1]) || item.title[at] !== item.name[at];
  }

  function find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return { words, found: [] };
    const whole = words.join(" ");
    const found = items.filter(({ all }) => words.every((word) => all.includes(word)))
      .map((item) => [rank(item, words, whole), item]);
    found.sort(([one, first], [other, second]) => one - other || first.title.length - second.title.length);
    return { words, found: found.map(([, item]) => item) };
  }

  /** A text with the words marked, apart from the direction of the text around it. */
  function marked(text, words) {
    const element = document.createElement("bdi");
    const low = text.toLowerCase();
    let at = 0;
    while (at < text.length) {
      const hits = words.map((word) => [low.indexOf(word, at), word]).filter(([place]) => place >= 0);
      const [place, word] = hits.sort(([one, first], [other, second]) => one - other || second.length - first.length)[0] ?? [text.length, ""];
      element.append(text.slice(at, place));
      if (word) element.append(Object.assign(document.createElement("mark"), { textContent: text.slice(place, place + word.length) }));
      at = place + (word.length || 1);
    }
    return element;
  }

  function excerpt(text, words) {
    const low = text.toLowerCase();
    const first = Math.min(...words.map((word) => low.indexOf(word)).filter((at) => at >= 0), text.length);
    const start = first === text.length || first < AROUND ? 0 : first - AROUND;
    const end = Math.min(text.length, start + 3 * AROUND);
    return `${start ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
  }

  function line(item, words) {
    const element = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: item.href });
    link.append(marked(item.title, words));
    const kind = document.createElement("small");
    kind.append(kinds[item.kind]);
    if (item.where) kind.append(" · ", marked(item.where, words));
    element.append(link, " ", kind);
    if (item.text) element.append(Object.assign(document.createElement("p"), {}));
    if (item.text) element.lastChild.append(marked(excerpt(item.text, words), words));
    return element;
  }

  function show() {
    const { words, found } = find(box.value);
    const shown = found.slice(0, MOST);
    results.replaceChildren(...shown.map((item) => line(item, words)));
    const { none, one, some, more } = finder.dataset;
    const text = found.length > MOST ? more : found.length > 1 ? some : found.length ? one : none;
    count.textContent = words.length ? fill(text, { count: shown.length, total: found.length }) : "";
  }

  function typed() {
    show();
    const query = box.value.trim() ? `?${new URLSearchParams({ q: box.value.trim() })}` : "";
    try {
      history.replaceState(null, "", `${location.pathname}${query}`);
    } catch {
      // Some browsers refuse this for file: URLs; the search still works.
    }
  }

  finder.hidden = false;
  box.value = new URLSearchParams(location.search).get("q") || "";
  box.addEventListener("input", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      results.querySelector("a")?.focus();
    }
  });
  results.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const links = [...results.querySelectorAll("a")];
    (links[links.indexOf(document.activeElement) + step] ?? box).focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
    }
  });
  show();
  box.focus();
})();
