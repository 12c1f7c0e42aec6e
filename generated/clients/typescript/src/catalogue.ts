/** The tables of the contract: errors, close codes, limits, frames. Written by `gochat generate`: change the spec, not this file. */
import type { ClientFrame, ServerFrame } from "./frames.js";

/** The version of the contract, and of this package. */
export const VERSION = "0.1.0";
export const BASE_PATH = "/api";
export const SOCKET_PATH = "/ws";

/** The catalogue of errors. `status` is null for what reaches a socket only. */
export const ERRORS = {
  "INVALID_REQUEST": {
    "status": 400,
    "retryable": false,
    "en": "The request is not valid.",
    "zh": "请求格式错误"
  },
  "INVALID_MESSAGE": {
    "status": null,
    "retryable": false,
    "en": "The frame is not valid.",
    "zh": "消息格式错误"
  },
  "AUTH_FAILED": {
    "status": 401,
    "retryable": false,
    "en": "Authentication failed. Please log in again.",
    "zh": "认证失败，请重新登录"
  },
  "INVALID_CREDENTIALS": {
    "status": 401,
    "retryable": false,
    "en": "The username or the password is wrong.",
    "zh": "用户名或密码错误"
  },
  "FORBIDDEN": {
    "status": 403,
    "retryable": false,
    "en": "You are not allowed to do this.",
    "zh": "没有权限执行此操作"
  },
  "NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is nothing at this address.",
    "zh": "请求的地址不存在"
  },
  "USER_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such user.",
    "zh": "用户不存在"
  },
  "MESSAGE_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such message.",
    "zh": "消息不存在"
  },
  "REQUEST_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such friend request.",
    "zh": "好友请求不存在"
  },
  "CONVERSATION_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such conversation.",
    "zh": "会话不存在"
  },
  "METHOD_NOT_ALLOWED": {
    "status": 405,
    "retryable": false,
    "en": "This method is not allowed here.",
    "zh": "不支持该请求方法"
  },
  "UPGRADE_REQUIRED": {
    "status": 426,
    "retryable": false,
    "en": "Please connect with WebSocket, version 13.",
    "zh": "请使用 WebSocket 连接"
  },
  "USERNAME_TAKEN": {
    "status": 409,
    "retryable": false,
    "en": "This username is taken.",
    "zh": "用户名已被使用"
  },
  "CONFLICT": {
    "status": 409,
    "retryable": false,
    "en": "This conflicts with the present state.",
    "zh": "操作与当前状态冲突"
  },
  "CLIENT_MSG_ID_CONFLICT": {
    "status": 409,
    "retryable": false,
    "en": "This client_msg_id was used for another message.",
    "zh": "该消息编号已用于另一条消息"
  },
  "MESSAGE_TOO_LARGE": {
    "status": 413,
    "retryable": false,
    "en": "The message is too large.",
    "zh": "消息过大"
  },
  "UNSUPPORTED_MEDIA_TYPE": {
    "status": 415,
    "retryable": false,
    "en": "The content type has to be application/json.",
    "zh": "请求内容类型必须是 application/json"
  },
  "RATE_LIMITED": {
    "status": 429,
    "retryable": true,
    "en": "Too many requests. Please try again later.",
    "zh": "操作过于频繁，请稍后再试"
  },
  "INTERNAL": {
    "status": 500,
    "retryable": true,
    "en": "Something went wrong on the server.",
    "zh": "服务器内部错误"
  },
  "UNAVAILABLE": {
    "status": 503,
    "retryable": true,
    "en": "The service is not available now. Please try again later.",
    "zh": "服务暂时不可用，请稍后再试"
  }
} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/** A close code of the socket, and whether a client should come back by itself. */
export interface CloseCode {
  readonly name: string;
  readonly meaning: string;
  readonly reconnect: boolean;
  readonly hint: string;
}

export const CLOSE_CODES: Readonly<Record<number, CloseCode>> = {
  "1000": {
    "name": "NORMAL",
    "meaning": "The client closed the socket; the server only answers with the code that it got.",
    "reconnect": false,
    "hint": "It was the client's own wish. Connect again when the user comes back."
  },
  "1001": {
    "name": "GOING_AWAY",
    "meaning": "The client left, as a browser does that leaves the page; the server only answers with it.",
    "reconnect": true,
    "hint": "Connect when the page is there again."
  },
  "1002": {
    "name": "PROTOCOL_ERROR",
    "meaning": "The client broke the WebSocket protocol itself.",
    "reconnect": true,
    "hint": "Back off as usual. A client that meets it again has a bug, or a proxy in between that has one."
  },
  "1003": {
    "name": "BINARY_FRAME",
    "meaning": "The client sent a binary frame; only text is spoken here.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1007": {
    "name": "NOT_UTF8",
    "meaning": "The client sent a text frame that is not UTF-8.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1009": {
    "name": "FRAME_TOO_LARGE",
    "meaning": "The client sent a frame over GOCHAT_MAX_FRAME_BYTES. An error frame with MESSAGE_TOO_LARGE came first.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1011": {
    "name": "INTERNAL_ERROR",
    "meaning": "A bug of the server ended this connection.",
    "reconnect": true,
    "hint": "Back off as usual, then catch up."
  },
  "1012": {
    "name": "SERVER_RESTART",
    "meaning": "The server is shutting down or restarting.",
    "reconnect": true,
    "hint": "Back off with jitter, so that not everybody comes back at once, then catch up."
  },
  "4401": {
    "name": "AUTH_FAILED",
    "meaning": "The token is missing, bad, expired or revoked. An error frame with AUTH_FAILED came first.",
    "reconnect": false,
    "hint": "Not with this token. Refresh or log in, then connect with the new one."
  },
  "4408": {
    "name": "SLOW_READER",
    "meaning": "More than GOCHAT_OUTBOX_MAX_BYTES waited for this client.",
    "reconnect": true,
    "hint": "Back off as usual, then catch up over HTTP."
  },
  "4409": {
    "name": "REPLACED",
    "meaning": "The same user opened a newer connection.",
    "reconnect": false,
    "hint": "Do not come back by yourself, or two devices throw each other out for ever. Ask the user."
  },
  "4410": {
    "name": "IDLE",
    "meaning": "No frame, control frames included, arrived for GOCHAT_IDLE_TIMEOUT_S.",
    "reconnect": true,
    "hint": "Back off as usual, and ping every 30 s."
  },
  "4429": {
    "name": "RATE_ABUSED",
    "meaning": "100 send-message frames were refused as RATE_LIMITED without a pause of 2 s.",
    "reconnect": true,
    "hint": "Back off, and keep to details.retryAfterMs."
  }
};

/** The limits as a server has them unless it is set otherwise, in the units of their names; 0: none. */
export const LIMITS = {
  "maxFrameBytes": 65536,
  "idleTimeoutS": 90,
  "presenceGraceS": 10,
  "outboxMaxBytes": 1048576,
  "messagesPerS": 20,
  "messageBurst": 40,
  "refusedBeforeClose": 100,
  "loginsPerMin": 60,
  "failedLoginsPerMin": 10,
  "accessTokenTtlS": 3600
};

/** The operations that need no token. */
export const OPEN_OPERATIONS: ReadonlySet<string> = new Set([
  "POST /auth/register",
  "POST /auth/login",
  "POST /auth/guest",
  "POST /auth/refresh"
]);

/** Where each frame of a client has its id, and which frames answer it. */
export const CLIENT_FRAMES: Readonly<
  Record<ClientFrame["type"], { readonly correlation: string | null; readonly replies: readonly string[] }>
> = {
  "send-message": {
    "correlation": "/data/client_msg_id",
    "replies": [
      "message-ack",
      "error"
    ]
  },
  "ping": {
    "correlation": null,
    "replies": [
      "pong"
    ]
  },
  "mark-read": {
    "correlation": null,
    "replies": [
      "error"
    ]
  }
};

/** Where each frame of the server has the id of what it answers. */
export const SERVER_FRAMES: Readonly<
  Record<ServerFrame["type"], { readonly correlation: string | null }>
> = {
  "new-message": {
    "correlation": null
  },
  "message-ack": {
    "correlation": "/data/client_msg_id"
  },
  "online-status": {
    "correlation": null
  },
  "pong": {
    "correlation": null
  },
  "error": {
    "correlation": "/data/details/client_msg_id"
  }
};
