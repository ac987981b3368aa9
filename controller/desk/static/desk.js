// Small comforts of the desk: menu on narrow pages, copying a link, uploads with progress, asking twice.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const csrf = document.body.dataset.csrf;

  document.addEventListener("click", (event) => {
    const menu = event.target.closest("[data-menu]");
    if (menu) {
      const open = document.getElementById(menu.dataset.menu).classList.toggle("is-open");
      menu.setAttribute("aria-expanded", String(open));
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      navigator.clipboard?.writeText(field.value);
      copy.lastChild.textContent = copy.dataset.done;
    }
  });

  document.addEventListener("submit", (event) => {
    const words = event.submitter?.dataset.sure ?? event.target.dataset.sure;
    if (words && !window.confirm(words)) event.preventDefault();
  });

  // What htmx could not save stays on the page; this says why, and what to do.
  function toast(words, ended) {
    const box = document.getElementById("toast");
    box.hidden = false;
    box.querySelector("[data-toast-words]").textContent = words;
    box.querySelector("[data-toast-login]").hidden = !ended;
  }
  document.addEventListener("htmx:responseError", (event) => {
    const box = document.getElementById("toast");
    const answer = event.detail.xhr;
    if (answer.status === 401) return toast(box.dataset.ended, true);
    let problem = {};
    try { problem = JSON.parse(answer.responseText); } catch { /* a page, not a problem */ }
    return toast(problem.detail || box.dataset.failed, false);
  });
  document.addEventListener("htmx:sendError", () => toast(document.getElementById("toast").dataset.failed, false));
  document.addEventListener("htmx:afterSwap", () => { document.getElementById("toast").hidden = true; });

  const drop = document.querySelector("[data-drop]");
  if (!drop) return;
  const words = JSON.parse(drop.dataset.words);
  const list = document.querySelector("[data-uploads]");
  const input = drop.querySelector("input[type=file]");
  const queue = [];
  let busy = false;

  function row(file) {
    const made = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    made.querySelector(".name").textContent = file.name;
    list.append(made);
    return made;
  }

  function finish(made, tone, sentence, answer) {
    made.querySelector("progress").remove();
    made.classList.add(`is-${tone}`);
    made.querySelector("[data-say]").textContent = sentence;
    made.querySelector(`[data-tone=${tone}]`).hidden = false;
    if (answer?.href) {
      const link = made.querySelector("a");
      link.href = answer.href;
      link.hidden = false;
    }
  }

  function send({ file, made }) {
    return new Promise((resolve) => {
      const data = new FormData();
      data.append("csrf", csrf);
      data.append("file", file);
      const call = new XMLHttpRequest();
      call.open("POST", drop.action);
      call.setRequestHeader("Accept", "application/json");
      call.setRequestHeader("X-CSRF-Token", csrf);
      call.upload.onprogress = (event) => {
        const bar = made.querySelector("progress");
        if (event.lengthComputable && bar) bar.value = event.loaded / event.total;
        made.querySelector("[data-say]").textContent = event.loaded < event.total ? words.sending : words.reading;
      };
      call.onerror = () => { finish(made, "bad", words.offline); resolve(); };
      call.onload = () => {
        let answer = {};
        try { answer = JSON.parse(call.responseText); } catch { answer = { detail: words.failed }; }
        const one = answer.files?.[0];
        if (one?.href) finish(made, "good", one.sentence, one);
        else finish(made, "bad", one?.sentence || answer.detail || words.failed);
        resolve();
      };
      call.send(data);
    });
  }

  async function work() {
    if (busy) return;
    busy = true;
    while (queue.length) await send(queue.shift());
    busy = false;
    window.htmx?.ajax("GET", location.href, { target: "#documents", select: "#documents", swap: "outerHTML" });
  }

  function take(files) {
    for (const file of files) queue.push({ file, made: row(file) });
    work();
  }

  input.addEventListener("change", () => { take(Array.from(input.files)); input.value = ""; });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); take(Array.from(event.dataTransfer.files)); });
  window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
})();
