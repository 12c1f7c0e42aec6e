/** GoChat's client for browsers and Node: `new GoChat({ url })`. */
export { GoChatApi } from "./api.js";
export { CLOSE_CODES, ERRORS, LIMITS, VERSION } from "./catalogue.js";
export { GoChat } from "./client.js";
export { RECONNECT_CAPS_S } from "./connection.js";
export { ConnectionLost, GoChatError } from "./failures.js";
export { localStore, memoryStore } from "./session.js";
export { GoChatSocket } from "./socket.js";
export { fromHistory } from "./timeline.js";
