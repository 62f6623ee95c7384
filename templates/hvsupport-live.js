// Of 'hvsupport serve' alone: loads the page anew after each build, and shows what was found over it.
(async () => {
  "use strict";
  const panel = document.createElement("aside");
  panel.className = "live";
  panel.setAttribute("aria-label", "Findings");
  const show = (said) => {
    panel.replaceChildren();
    if (said.length) {
      const details = document.createElement("details");
      const summary = document.createElement("summary");
      summary.textContent = said.length === 1 ? "1 message" : `${said.length} messages`;
      const list = document.createElement("ul");
      for (const line of said) {
        const item = document.createElement("li");
        item.textContent = line;
        list.append(item);
      }
      details.append(summary, list);
      details.open = sessionStorage.getItem("live") === "open";
      details.addEventListener("toggle", () => sessionStorage.setItem("live", details.open ? "open" : ""));
      panel.append(details);
      document.body.append(panel);
    }
  };
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  let first = null;
  for (;;) {
    try {
      const state = await (await fetch("/-/state.json", { cache: "no-store" })).json();
      if (first === null) {
        first = state.number;
        show(state.said);
      } else if (state.number !== first) {
        location.reload();
        return;
      }
    } catch {
      // The server is gone, or being started again.
    }
    await wait(500);
  }
})();
