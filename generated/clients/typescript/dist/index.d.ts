/** GoChat's client for browsers and Node: `new GoChat({ url })`. */
export { GoChatApi } from "./api.js";
export { CLOSE_CODES, ERRORS, LIMITS, VERSION, type ErrorCode } from "./catalogue.js";
export { GoChat, type GoChatOptions } from "./client.js";
export { RECONNECT_CAPS_S, type SocketState } from "./connection.js";
export { ConnectionLost, GoChatError } from "./failures.js";
export type * from "./frames.js";
export type * as http from "./http_types.js";
export { localStore, memoryStore, type SessionStore, type StoredSession } from "./session.js";
export { GoChatSocket, type GoChatEvents } from "./socket.js";
export { fromHistory, type ChatMessage } from "./timeline.js";
