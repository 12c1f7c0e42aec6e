/**
 * The switches for language and theme and the link to the documentation, on every view.
 * Knows the preferences only.
 */
import { build, buildIcon, buildIconButton } from "./elements.js";
import { preferences } from "./preferences.js";
import { say } from "./texts.js";

/** Builds the row of switches. */
export function buildControls(...more) {
  return build("div", { class: "controls" },
    build("button", {
      type: "button", class: "quiet-button", test: "language", lang: say("languageOfSwitch"),
      "aria-label": say("languageSwitch"), on: { click: () => preferences.switchLanguage() },
    }, say("language")),
    buildThemeButton(),
    build("a", { class: "icon-button", href: "docs/", test: "docs", "aria-label": say("docs"), title: say("docs") },
      buildIcon("docs")),
    more,
  );
}

function buildThemeButton() {
  const nameTheme = () => say({ auto: "themeAuto", light: "themeLight", dark: "themeDark" }[preferences.theme]);
  const button = buildIconButton(preferences.theme, nameTheme(), {
    test: "theme",
    on: {
      click: () => {
        preferences.switchTheme();
        button.replaceChildren(buildIcon(preferences.theme));
        button.setAttribute("aria-label", nameTheme());
        button.title = nameTheme();
      },
    },
  });
  return button;
}
