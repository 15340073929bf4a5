/* Keeps a page that is looked at up to date; everything works without it. */
"use strict";
const seconds = Number(document.body.dataset.refresh || 0);

function isBusy(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches("input, textarea, select")) return true;
  return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
}

function replace(part, fresh) {
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  const active = part.contains(document.activeElement) ? [...part.querySelectorAll("a, button, summary")].indexOf(document.activeElement) : -1;
  fresh.querySelectorAll("details").forEach((each, place) => { each.open = open[place] || each.open; });
  const across = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  part.replaceWith(fresh);
  fresh.querySelectorAll(".scroll").forEach((each, place) => { each.scrollLeft = across[place] || 0; });
  if (active >= 0) fresh.querySelectorAll("a, button, summary")[active]?.focus({ preventScroll: true });
}

function take(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelectorAll("[data-live]").forEach((part) => {
    const fresh = page.getElementById(part.id);
    if (fresh && !part.isEqualNode(fresh) && !isBusy(part)) replace(part, document.adoptNode(fresh));
  });
  document.title = page.title;
  const icon = page.querySelector("link[rel=icon]");
  if (icon) document.querySelector("link[rel=icon]").setAttribute("href", icon.getAttribute("href"));
  return Number(page.body.dataset.refresh || 0);
}

async function refresh() {
  let next = seconds;
  if (document.visibilityState === "visible") {
    const lost = document.getElementById("lost");
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Refresh": "1" }, cache: "no-store" });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      next = take(await answer.text());
      lost.hidden = true;
    } catch {
      if (lost.hidden) lost.textContent = document.body.dataset.lost + " " + new Date().toLocaleTimeString();
      lost.hidden = false;
    }
  }
  if (next) setTimeout(refresh, next * 1000);
}

if (seconds) setTimeout(refresh, seconds * 1000);
