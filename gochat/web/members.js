/**
 * The dialog about a group: who is in it, adding and removing people, leaving.
 * Shows buttons by one's role; the server decides.
 */
import { buildPerson, buildSearch, openDialog } from "./dialogs.js";
import { build } from "./elements.js";
import { nameConversation } from "./names.js";
import { explainFailure, say } from "./texts.js";

const ADMIN = 2;
const OWNER = 3;

/**
 * Opens the dialog about the open group.
 *
 * @param {import("./state.js").ChatState} state
 * @param {AbortSignal} signal Closes it.
 */
export function openMembers(state, signal) {
  const { conversation } = state.openRow;
  const { api } = state.chat;
  const dialog = openDialog(nameConversation(conversation), "members", signal);
  const list = build("ul", { class: "persons", test: "member-list" }, build("li", { class: "hint" }, say("loading")));
  const head = build("h3", {});
  const tools = build("div", { class: "member-tools" });
  let members = [];
  const search = buildSearch(state, (user) => (members.some((member) => member.userId === user.id) ? null
    : buildPerson(user, {}, buildAction(say("add"), "add-member", "plain-button", async () => {
      await api.addMembers(conversation.id, { members: [user.id] });
      await load();
    }))), say("addMembers"));
  dialog.body.append(tools, head, list, build("div", { class: "dialog-foot" }, buildLeaving()));
  void load();

  async function load() {
    try {
      const details = await api.getConversation(conversation.id);
      members = details.members ?? [];
      state.adopt(details);
      show();
    } catch (error) {
      list.replaceChildren(build("li", { class: "failure" }, explainFailure(error)));
    }
  }

  function show() {
    const myRole = members.find((member) => member.userId === state.user.id)?.role ?? 0;
    head.textContent = say("members", { n: members.length });
    if (myRole >= ADMIN && tools.firstChild === null) tools.append(search.element);
    search.show();
    list.replaceChildren(...members.map(({ userId, user, role }) => {
      const isSelf = userId === state.user.id;
      const canRemove = !isSelf && myRole >= ADMIN && role < myRole;
      const note = { [ADMIN]: say("admin"), [OWNER]: say("owner") }[role] ?? "";
      const presence = state.friends.has(userId) ? (state.online.has(userId) ? "online" : "offline") : undefined;
      return buildPerson(user ?? { username: say("unknownPerson") },
        { note: [isSelf && say("you"), note].filter(Boolean).join(" · "), presence },
        canRemove && buildAction(say("remove"), "remove-member", "plain-button", async () => {
          await api.removeMember(conversation.id, userId);
          await load();
        }));
    }));
  }

  function buildAction(label, test, look, action) {
    const button = build("button", { type: "button", class: `${look} small`, test,
      on: { click: () => dialog.run(button, action) } }, label);
    return button;
  }

  /** Asks once more: nobody leaves by a slip. */
  function buildLeaving() {
    const place = build("span", { class: "leaving" });
    const ask = build("button", { type: "button", class: "plain-button danger", test: "leave", on: { click: () => {
      place.replaceChildren(sure, stay);
      stay.focus();
    } } }, say("leaveGroup"));
    const sure = buildAction(say("leaveSure"), "leave-sure", "main-button danger", async () => {
      await api.removeMember(conversation.id, state.user.id);
      dialog.close();
      await state.loadRows();
    });
    const stay = build("button", { type: "button", class: "plain-button small", on: { click: () => {
      place.replaceChildren(ask);
      ask.focus();
    } } }, say("stay"));
    place.append(ask);
    return place;
  }
}
