"use strict";
(() => {
  const list = document.querySelector("ol.cards");
  const tools = document.querySelector(".tools");
  const filter = document.getElementById("filter");
  const sort = document.getElementById("sort");
  if (list && tools && list.children.length > 6) {
    tools.hidden = false;
    const cards = [...list.children];
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      for (const card of cards) {
        const text = card.textContent.toLowerCase();
        card.hidden = !words.every((word) => text.includes(word));
      }
    });
    sort.addEventListener("change", () => {
      const down = sort.value === "count" ? -1 : 1;
      cards.sort((a, b) => down * (a.dataset[sort.value] - b.dataset[sort.value]));
      list.append(...cards);
    });
  }
  // A link into a case that is folded opens it; a printed page shows all of them.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded && !folded.open) { folded.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", unfold);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  unfold();
})();
