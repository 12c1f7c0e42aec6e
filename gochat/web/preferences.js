/**
 * Which language and which theme the visitor wants; kept in the browser.
 * Applies them to the document; knows no view. A view that shows texts listens to `preferences`.
 */

const LANGUAGE = "gochat-language";
const THEME = "gochat-theme";
const THEMES = ["auto", "light", "dark"];

/** Tells with a "language" and a "theme" event what has changed. */
export const preferences = new (class extends EventTarget {
  /** @type {"zh"|"en"} */
  language = guessLanguage();
  /** @type {"auto"|"light"|"dark"} */
  theme = THEMES.includes(read(THEME)) ? read(THEME) : "auto";

  /** Puts both on the document. */
  apply() {
    document.documentElement.lang = this.language === "zh" ? "zh-CN" : "en";
    if (this.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }

  switchLanguage() {
    this.language = this.language === "zh" ? "en" : "zh";
    keep(LANGUAGE, this.language);
    this.apply();
    this.dispatchEvent(new Event("language"));
  }

  switchTheme() {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
    keep(THEME, this.theme);
    this.apply();
    this.dispatchEvent(new Event("theme"));
  }
})();

function guessLanguage() {
  const kept = read(LANGUAGE);
  if (kept === "zh" || kept === "en") return kept;
  const tags = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return tags.find((tag) => tag === "zh" || tag === "en") ?? "en";
}

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden here: the preference lasts as long as the page
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As in `read`.
  }
}
