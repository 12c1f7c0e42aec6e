/**
 * Dialogs about people: find somebody, friends and their requests, a new group.
 * Views of the state that call the client's HTTP methods.
 */
import { buildPerson, buildSearch, openDialog } from "./dialogs.js";
import { build } from "./elements.js";
import { GROUP, SINGLE } from "./state.js";
import { say } from "./texts.js";

/**
 * Opens the dialog with people to find, friends and requests.
 *
 * @param {import("./state.js").ChatState} state
 * @param {(id: string) => void} choose Called with the conversation that is wanted.
 * @param {AbortSignal} signal Closes it.
 */
export function openPeople(state, choose, signal) {
  const dialog = openDialog(say("people"), "people", signal);
  const { api } = state.chat;
  /** Whom one has asked in this dialog. */
  const asked = new Set();
  const search = buildSearch(state, buildFound);
  const list = build("ul", { class: "persons" });
  const pages = [
    { name: "find", title: () => say("findPeople"), show: () => search.element },
    { name: "friends", title: () => `${say("friends")} ${state.friends.size || ""}`, show: showFriends },
    { name: "requests", title: () => `${say("requests")} ${state.requests.length || ""}`, show: showRequests },
  ];
  let page = state.requests.length > 0 ? pages[2] : pages[0];
  const tabs = pages.map((each) => build("button", { type: "button", test: `people-${each.name}`,
    on: { click: () => turnTo(each) } }));
  const content = build("div", { class: "people-content" });
  dialog.body.append(build("div", { class: "segments", role: "group", "aria-label": say("people") }, tabs), content);
  state.addEventListener("people", () => {
    search.show();
    show();
  }, { signal: dialog.signal });
  turnTo(page);
  void state.loadPeople();

  function turnTo(next) {
    page = next;
    show();
    if (page === pages[0]) search.focus();
  }

  function show() {
    tabs.forEach((tab, index) => {
      tab.textContent = pages[index].title();
      tab.setAttribute("aria-pressed", String(pages[index] === page));
    });
    const shown = page.show();
    if (content.firstChild !== shown || content.children.length !== 1) content.replaceChildren(shown);
  }

  function showFriends() {
    if (state.friends.size === 0) return build("p", { class: "hint centred" }, say("noFriends"));
    const isOnline = (user) => state.online.has(user.id);
    const friends = [...state.friends.values()].sort(
      (one, other) => isOnline(other) - isOnline(one) || one.username.localeCompare(other.username),
    );
    list.replaceChildren(...friends.map((user) => buildPerson(user,
      { presence: isOnline(user) ? "online" : "offline" }, buildMessageButton(user))));
    return list;
  }

  function showRequests() {
    if (state.requests.length === 0) return build("p", { class: "hint centred" }, say("noRequests"));
    list.replaceChildren(...state.requests.map(({ id, requester, message }) => buildPerson(requester, { note: message },
      buildAction(say("accept"), "accept", "main-button", () => answer(id, "accept")),
      buildAction(say("decline"), "decline", "plain-button", () => answer(id, "reject")))));
    return list;
  }

  function buildFound(user) {
    const isFriend = state.friends.has(user.id);
    const request = state.requests.find((each) => each.requesterId === user.id);
    return buildPerson(user, { note: isFriend && say("friend") },
      !isFriend && !request && (asked.has(user.id)
        ? build("span", { class: "hint", test: "asked" }, say("requestSent"))
        : buildAction(say("addFriend"), "add-friend", "plain-button", () => ask(user))),
      request && buildAction(say("accept"), "accept", "plain-button", () => answer(request.id, "accept")),
      buildMessageButton(user));
  }

  function buildMessageButton(user) {
    return buildAction(say("message"), "message-person", "main-button", async () => {
      const conversation = await api.createConversation({ type: SINGLE, members: [user.id] });
      state.adopt(conversation);
      dialog.close();
      choose(conversation.id);
    });
  }

  function buildAction(label, test, look, action) {
    const button = build("button", { type: "button", class: `${look} small`, test,
      on: { click: () => dialog.run(button, action) } }, label);
    return button;
  }

  async function ask(user) {
    await api.createFriendRequest({ targetUserId: user.id });
    asked.add(user.id);
    search.show();
  }

  async function answer(id, action) {
    await api.updateFriendRequest(id, { action });
    await Promise.all([state.loadPeople(), state.loadRows()]);
  }
}

/**
 * Opens the dialog that makes a group.
 *
 * @param {import("./state.js").ChatState} state
 * @param {(id: string) => void} choose Called with the group.
 * @param {AbortSignal} signal Closes it.
 */
export function openNewGroup(state, choose, signal) {
  const dialog = openDialog(say("newGroup"), "new-group", signal);
  /** @type {Map<string, object>} */
  const picked = new Map();
  const search = buildSearch(state, (user) => (picked.has(user.id) ? null : buildPickable(user)), say("addMembers"));
  const chips = build("ul", { class: "chips", test: "picked" });
  const name = build("input", { id: "group-name", maxlength: 100, required: true, test: "group-name",
    on: { input: () => { create.disabled = name.value.trim() === ""; } } });
  const create = build("button", { type: "submit", class: "main-button", disabled: true, test: "create-group" },
    say("createGroup"));
  dialog.body.append(build("form", { class: "group-form", on: { submit } },
    build("div", { class: "field" }, build("label", { for: "group-name" }, say("groupName")), name),
    search.element, chips, build("p", { class: "hint" }, say("groupCreateHint")), create));
  name.focus();

  function buildPickable(user) {
    return buildPerson(user, {}, build("button", { type: "button", class: "plain-button small", test: "pick",
      on: { click: () => pick(user) } }, say("add")));
  }

  function pick(user) {
    picked.set(user.id, user);
    search.clear();
    showPicked();
    search.focus();
  }

  function showPicked() {
    chips.replaceChildren(...[...picked.values()].map((user) => build("li", {},
      build("button", { type: "button", class: "chip", "aria-label": `${say("remove")}: ${user.username}`, on: {
        click: () => {
          picked.delete(user.id);
          showPicked();
          search.focus();
        },
      } }, build("bdi", {}, user.username), " ×"))));
    search.show();
  }

  async function submit(event) {
    event.preventDefault();
    if (create.disabled) return;
    await dialog.run(create, async () => {
      const body = { type: GROUP, members: [...picked.keys()], name: name.value.trim() };
      const conversation = await state.chat.api.createConversation(body);
      state.adopt(conversation);
      dialog.close();
      choose(conversation.id);
    });
  }
}
