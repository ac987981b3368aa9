"use strict";
// Pictures are asked for, not streamed: a browser opens few connections to one place, and two open pages with
// endless streams would use up all of them.
const token = document.body.dataset.token;
const REST_MS = 400;
const BUSY_MS = 120;
const BUSY_FOR_MS = 2500;
let busyUntil = 0;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function watch(image) {
  let seen = "";
  for (;;) {
    if (!document.hidden) {
      try {
        const answer = await fetch(`/picture/${image.dataset.pane}?seen=${seen}`);
        if (answer.status === 200) {
          const before = image.src;
          seen = answer.headers.get("X-Mark");
          image.src = URL.createObjectURL(await answer.blob());
          await image.decode().catch(() => {});
          if (before.startsWith("blob:")) URL.revokeObjectURL(before);
        }
      } catch (_error) {
        await wait(1000); // stopped: the last picture stays, the line on top says so
      }
    }
    await wait(Date.now() < busyUntil ? BUSY_MS : REST_MS);
  }
}

async function touch(image, event) {
  const box = image.getBoundingClientRect();
  const across = (event.clientX - box.left) / box.width;
  const down = (event.clientY - box.top) / box.height;
  busyUntil = Date.now() + BUSY_FOR_MS;
  const answer = await fetch(`/touch/${image.dataset.pane}`, {
    method: "POST",
    headers: { "X-Demo-Token": token, "Content-Type": "application/json" },
    body: JSON.stringify({ across, down }),
  }).catch(() => null);
  if (answer && answer.status === 409) say([await answer.text()]);
}

async function press(button) {
  const input = button.previousElementSibling;
  const typed = input && input.tagName === "INPUT" ? input.value : "";
  busyUntil = Date.now() + BUSY_FOR_MS;
  const answer = await fetch(button.dataset.device, {
    method: "POST",
    headers: { "X-Demo-Token": token },
    body: typed,
  }).catch(() => null);
  if (answer && answer.status === 409) say([await answer.text()]);
}

function say(problems) {
  const list = document.getElementById("problems");
  list.hidden = problems.length === 0;
  list.replaceChildren(...problems.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
}

function card(slip) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = `${slip.at}　${slip.site}`;
  const picture = document.createElement("img");
  picture.src = slip.picture;
  picture.alt = "打印出来的小票";
  figure.append(caption, picture);
  return figure;
}

let shown = "";
async function look() {
  try {
    const state = await (await fetch("/state")).json();
    if (state.token !== token) location.reload(); // the demo was started again
    const setup = document.getElementById("setup");
    setup.hidden = !state.setup_link;
    if (Date.now() > busyUntil) say(state.problems);
    const slips = JSON.stringify(state.slips);
    if (slips !== shown) {
      shown = slips;
      document.getElementById("no-slips").hidden = state.slips.length > 0;
      document.getElementById("slips").replaceChildren(...state.slips.map(card));
    }
  } catch (_error) {
    say(["演示已停止。重新运行 make demo 后，本页会自动恢复。"]);
  }
  setTimeout(look, 1000);
}

for (const image of document.querySelectorAll("img[data-pane]")) {
  watch(image);
  if ("touch" in image.dataset) image.addEventListener("click", (event) => touch(image, event));
}
for (const button of document.querySelectorAll("button[data-device]")) {
  button.addEventListener("click", () => press(button));
}
look();
