"use strict";
const token = document.body.dataset.token;

for (const image of document.querySelectorAll("img[data-touch]")) {
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    fetch(`/touch/${image.dataset.pane}`, {
      method: "POST",
      headers: { "X-Demo-Token": token, "Content-Type": "application/json" },
      body: JSON.stringify({ across, down }),
    });
  });
}

let shown = "";
async function slips() {
  try {
    const found = await (await fetch("/slips")).json();
    const names = JSON.stringify(found);
    if (names !== shown) {
      shown = names;
      document.getElementById("no-slips").hidden = found.length > 0;
      document.getElementById("slips").replaceChildren(...found.map((slip) => {
        const card = document.createElement("div");
        const label = document.createElement("p");
        label.textContent = slip.terminal;
        const picture = document.createElement("img");
        picture.src = `/slips/${slip.terminal}/${slip.name}`;
        picture.alt = "小票";
        card.append(label, picture);
        return card;
      }));
    }
  } catch (_error) {
    // The demo has been stopped: the last pictures stay.
  }
  setTimeout(slips, 1000);
}
slips();
