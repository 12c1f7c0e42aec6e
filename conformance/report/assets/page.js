(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  const root = document.documentElement;

  // Theme: the reader's own choice goes before the system's.
  const theme = document.getElementById("theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  try { root.dataset.theme = localStorage.getItem("conform-theme") || ""; } catch { /* no storage for this page */ }
  if (!root.dataset.theme) delete root.dataset.theme;
  theme.hidden = false;
  name();
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("conform-theme", root.dataset.theme); } catch { /* kept for this view only */ }
    name();
  });

  // Filter.
  const filter = document.querySelector(".filter");
  if (filter) {
    const cards = all(".card").map((card) => [card, card.textContent.toLowerCase()]);
    const chips = all(".chip");
    const search = document.getElementById("search");
    const show = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const off = new Set(chips.filter((chip) => chip.ariaPressed === "false").map((chip) => chip.dataset.layer));
      let shown = 0;
      for (const [card, text] of cards) {
        card.hidden = off.has(card.dataset.layer) || !words.every((word) => text.includes(word));
        shown += card.hidden ? 0 : 1;
      }
      document.getElementById("shown").textContent = shown === cards.length ? "" : `${shown} of ${cards.length} shown`;
    };
    chips.forEach((chip) => chip.addEventListener("click", () => {
      chip.ariaPressed = chip.ariaPressed === "true" ? "false" : "true";
      show();
    }));
    search.addEventListener("input", show);
    filter.hidden = cards.length < 4;
  }

  // Copy and save.
  const textOf = (button) => button.closest(".copyable").querySelector("code").textContent;
  const selectText = (button) => getSelection().selectAllChildren(button.closest(".copyable").querySelector("code"));
  all(".copy").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(textOf(button));
        button.textContent = "Copied";
      } catch {
        selectText(button);
        button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  });
  all(".save").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([textOf(button)], { type: "text/x-python" }));
      link.download = button.dataset.file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  });

  // A narrow screen shows the steps instead of the diagram.
  if (matchMedia("(max-width: 40rem)").matches) all(".as-text").forEach((steps) => { steps.open = true; });

  // What a link or a search names is opened; paper has no folds.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => all(".card").forEach((card) => { card.open = true; }));
})();
