// What a reader sees: how wide the page is, which texts run out of their picture or into each other, and which are too
// pale for WCAG 2.1, success criterion 1.4.3. The answer is the title of the page around.
const found = {wide: document.documentElement.scrollWidth, width: innerWidth, clipped: [], over: [], pale: [], seen: 0};
const rgb = text => text.match(/[\d.]+/g).map(Number);
const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
const behind = element => {
  for (let e = element; e; e = e.parentElement) {
    const color = rgb(getComputedStyle(e).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
for (const svg of document.querySelectorAll('svg[role=img]')) {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(text => [text, text.getBoundingClientRect()]);
  for (const [text, b] of boxes) {
    const across = b.left < frame.left - 1 || b.right > frame.right + 1;
    if (across || b.top < frame.top - 1 || b.bottom > frame.bottom + 1) found.clipped.push(text.textContent);
    for (const [other, c] of boxes) {
      const beside = b.right <= c.left + 1 || c.right <= b.left + 1 || b.bottom <= c.top + 4 || c.bottom <= b.top + 4;
      if (text !== other && !beside) found.over.push(`${text.textContent} / ${other.textContent}`);
    }
  }
}
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  if (!own || e.closest('title, desc, script') || !e.getClientRects().length) continue;
  found.seen += 1;
  const said = e.textContent.slice(0, 40), style = getComputedStyle(e);
  const [one, other] = [light(rgb(e.closest('svg') ? style.fill : style.color)), light(behind(e))].sort((a, b) => b - a);
  if ((one + .05) / (other + .05) < 4.5) found.pale.push(said);
  if (e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.closest('.scrolls, svg')) found.clipped.push(said);
}
parent.document.title = JSON.stringify(found);
