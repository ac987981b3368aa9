// Draw curated search words from their canonical JSON: what is drawn is what is signed. Text only, never markup.

const shapes = {
  aliases: (one) => `${one.target.title} ← ${one.names.join(", ")}`,
  synonyms: (one) => one.join(" = "),
  best_bets: (one) => `${one.query} → ${one.targets.map((target) => target.title).join(", ")}`,
  denied: (one) => one,
  hot: (one) => one,
  popular: (one) => one.title,
};

function line(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** The parts of a words record under their headings; nothing for another kind of record. */
export function drawWords(record, place) {
  if (record.kind !== "words") return [];
  const words = JSON.parse(place.dataset.parts);
  return Object.entries(shapes).flatMap(([part, shape]) => {
    const list = record[part] ?? [];
    return [line("p", "block block-h", `${words[part]} (${list.length})`), ...list.map((one) => line("p", "block", shape(one)))];
  });
}
