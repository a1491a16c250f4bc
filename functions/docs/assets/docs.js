// Adds a search to the contents, and opens the operation that the address names.
"use strict";

const operations = [...document.querySelectorAll("details.operation")];
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link.parentElement]));

const search = document.createElement("input");
search.type = "search";
search.placeholder = "Search";
search.setAttribute("aria-label", "Search operations");
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const operation of operations) {
    const text = operation.querySelector("summary").textContent.toLowerCase();
    const isWanted = words.every((word) => text.includes(word));
    operation.hidden = !isWanted;
    const entry = links.get(operation.id);
    if (entry) entry.hidden = !isWanted;
  }
});
document.querySelector("nav").prepend(search);

function open() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}
addEventListener("hashchange", open);
open();
