/**
 * How conversations and messages are called where they are shown: names, pictures, one-line texts.
 * Between the state and the views.
 */
import { buildAvatar } from "./elements.js";
import { GROUP, SINGLE, WORLD } from "./state.js";
import { say } from "./texts.js";

const TEXT = 1;
const IMAGE = 2;
const FILE = 3;

/** Names a conversation. */
export function nameConversation({ type, peer, name }) {
  if (type === WORLD) return say("world");
  return (type === SINGLE ? peer?.username : name) ?? say("unknownPerson");
}

/** Builds the picture of a conversation, with a dot for a friend in a single chat. */
export function buildConversationAvatar(state, conversation) {
  const icon = { [WORLD]: "world", [GROUP]: "group" }[conversation.type];
  const avatar = buildAvatar(nameConversation(conversation), icon);
  if (conversation.type === WORLD) avatar.classList.add("avatar-world");
  const presence = findPresence(state, conversation);
  if (presence !== null) avatar.dataset.presence = presence;
  return avatar;
}

/** Says whether the friend of a single chat is online; null: it is none with a friend, or we cannot know. */
export function findPresence(state, { type, peer }) {
  if (type !== SINGLE || peer === undefined || !state.friends.has(peer.id)) return null;
  if (state.chat.socket.state.status !== "open") return null;
  return state.online.has(peer.id) ? "online" : "offline";
}

/** Says in one line what a message is. */
export function nameContent({ messageType, content }) {
  if (messageType === IMAGE) return `[${say("image")}]`;
  if (messageType === FILE) return `[${say("file")}]`;
  return content;
}

/** Returns the address that an image or a file message holds; null: there is none that may be linked to. */
export function findLink({ messageType, content }) {
  if (messageType === TEXT) return null;
  try {
    const url = new URL(content);
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}
