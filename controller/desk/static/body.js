// Draw a record from its canonical JSON: what is drawn is what is signed. Text only, never markup.

import { drawWords } from "./words.js";

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function table(block) {
  const holder = element("div", "block scroll");
  if (block.text) holder.append(element("p", "strong", block.text));
  const made = element("table");
  for (const row of block.rows ?? []) {
    const line = element("tr");
    for (const cell of row) line.append(element("td", "", cell));
    made.append(line);
  }
  holder.append(made);
  return holder;
}

function drawBlock(block) {
  if (block.kind === "t") return table(block);
  const kinds = { h: `block block-h block-h${block.level || 1}`, a: "block block-a" };
  return element("p", kinds[block.kind] ?? "block block-p", block.text);
}

function facts(place, record) {
  const words = JSON.parse(place.dataset.facts);
  const list = element("dl", "facts");
  for (const [name, label, values, none] of words) {
    const said = record[name];
    const value = Array.isArray(said) ? said.join("、") : said;
    list.append(element("dt", "", label));
    list.append(element("dd", value ? "" : "muted", value ? (values?.[value] ?? value) : none));
  }
  return list;
}

/** Fill the place with the record; an empty body (a withdrawal) leaves what the server wrote there. */
export function showBody(place, bytes, expected) {
  if (!bytes.length) return;
  const record = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (record.id !== expected) throw new Error("the body is another record's");
  place.replaceChildren(
    element("h2", "paper-title", record.title),
    facts(place, record),
    ...(record.blocks ?? []).map(drawBlock),
    ...drawWords(record, place),
  );
  place.dataset.shown = "yes";
}
