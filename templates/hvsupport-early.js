// Before the first paint: what the filters of the address will change waits, unseen, until hvsupport.js has applied them
// and the rows that they leave have got their heights. Whatever goes wrong on the way, the table is shown.
(() => {
  "use strict";

  const root = document.documentElement;
  if (location.search.length < 2) return;
  root.classList.add("waiting");
  const show = () => root.classList.remove("waiting");
  document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => requestAnimationFrame(show)));
})();
