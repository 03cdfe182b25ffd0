// What a page gains with a script: words at a chart's value, all rows of a long table, choices that
// take effect at once, and figures that refresh without a jump. Without it every page still answers.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const main = document.getElementById("main");
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);

  // A chart's value: where the pointer is, or by the arrow keys from one to the next.
  const say = (mark) => {
    const words = mark.dataset.says ?? mark.querySelector("title")?.textContent;
    if (!words) return;
    if (!mark.dataset.says) {
      mark.dataset.says = words;
      mark.querySelector("title")?.remove();
    }
    tip.textContent = words;
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const left = Math.min(at.x + at.width / 2 + 10, innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, at.y - tip.offsetHeight + 24)}px`;
  };
  document.addEventListener("pointerover", (event) => {
    const mark = event.target.closest?.(".says");
    if (mark) say(mark);
    else tip.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
    const chart = event.target.closest?.(".picture svg");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!chart || !step) return;
    const marks = [...chart.querySelectorAll(".says")];
    const last = Number(chart.dataset.at ?? (step > 0 ? -1 : marks.length));
    const next = Math.min(marks.length - 1, Math.max(0, last + step));
    if (!marks[next]) return;
    chart.dataset.at = next;
    say(marks[next]);
    event.preventDefault();
  });

  const dress = () => {
    for (const chart of main.querySelectorAll(".picture svg")) {
      if (chart.querySelector(".says")) chart.tabIndex = 0;
    }
    for (const table of main.querySelectorAll("table:has(.rest):not(.open)")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Show ${table.querySelectorAll(".rest tr").length} more rows`;
      button.addEventListener("click", () => {
        table.classList.add("open");
        button.remove();
      });
      table.after(button);
    }
  };
  dress();

  // Choices take effect at once.
  const form = document.querySelector(".choice");
  form?.addEventListener("change", () => {
    for (const field of form.elements) if (field.value === "") field.disabled = true;
    form.requestSubmit();
  });

  // The books changed: the same address once more, put in the place of what is shown.
  const refresh = async () => {
    if (document.hidden || main.contains(document.activeElement) && document.activeElement !== main) return;
    // What somebody has typed is not taken from under their hands.
    if ([...main.querySelectorAll(".change input:not([type=hidden])")].some((field) => field.value)) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    // The session is over: the door tells what to do.
    if (answer.redirected) location.reload();
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = [...main.querySelectorAll("table")].map((table) => table.classList.contains("open"));
    const aside = [...main.querySelectorAll(".scroll")].map((field) => field.scrollLeft);
    const at = [scrollX, scrollY];
    main.replaceChildren(...next.getElementById("main").childNodes);
    document.querySelector(".pill")?.replaceWith(next.querySelector(".pill") ?? "");
    [...main.querySelectorAll("table")].forEach((table, i) => table.classList.toggle("open", open[i]));
    [...main.querySelectorAll(".scroll")].forEach((field, i) => { field.scrollLeft = aside[i] ?? 0; });
    dress();
    scrollTo(...at);
  };
  if (main.dataset.live !== undefined || form) {
    // What this page has; it may know more than the first event tells.
    let known = document.body.dataset.books;
    let first = true;
    const events = new EventSource("/events");
    events.addEventListener("books", (event) => {
      if (first ? Number(event.data) > Number(known) : event.data !== known) refresh();
      known = event.data;
      first = false;
    });
  }
})();
