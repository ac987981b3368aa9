// Keys of the search page: / to the field, arrows through the results, Escape back. Works without it too.
"use strict";
(() => {
  const field = document.getElementById("q");
  const links = () => Array.from(document.querySelectorAll("[data-hits] .title-link"));

  function step(by) {
    const list = links();
    const next = list.indexOf(document.activeElement) + by;
    if (next < 0) field.focus();
    else list[Math.min(next, list.length - 1)]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    const listed = event.target === field || event.target.closest("[data-hits]");
    if (event.key === "/" && !typing) field.focus();
    else if (event.key === "ArrowDown" && listed) step(1);
    else if (event.key === "ArrowUp" && event.target.closest("[data-hits]")) step(-1);
    else if (event.key === "Escape" && !typing) { field.focus(); field.select(); }
    else return;
    event.preventDefault();
  });
})();
