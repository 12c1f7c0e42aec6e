/** The tables of the contract: errors, close codes, limits, frames. Written by `gochat generate`: change the spec, not this file. */
import type { ClientFrame, ServerFrame } from "./frames.js";
/** The version of the contract, and of this package. */
export declare const VERSION = "0.1.0";
export declare const BASE_PATH = "/api";
export declare const SOCKET_PATH = "/ws";
/** The catalogue of errors. `status` is null for what reaches a socket only. */
export declare const ERRORS: {
    readonly INVALID_REQUEST: {
        readonly status: 400;
        readonly retryable: false;
        readonly en: "The request is not valid.";
        readonly zh: "请求格式错误";
    };
    readonly INVALID_MESSAGE: {
        readonly status: null;
        readonly retryable: false;
        readonly en: "The frame is not valid.";
        readonly zh: "消息格式错误";
    };
    readonly AUTH_FAILED: {
        readonly status: 401;
        readonly retryable: false;
        readonly en: "Authentication failed. Please log in again.";
        readonly zh: "认证失败，请重新登录";
    };
    readonly INVALID_CREDENTIALS: {
        readonly status: 401;
        readonly retryable: false;
        readonly en: "The username or the password is wrong.";
        readonly zh: "用户名或密码错误";
    };
    readonly FORBIDDEN: {
        readonly status: 403;
        readonly retryable: false;
        readonly en: "You are not allowed to do this.";
        readonly zh: "没有权限执行此操作";
    };
    readonly NOT_FOUND: {
        readonly status: 404;
        readonly retryable: false;
        readonly en: "There is nothing at this address.";
        readonly zh: "请求的地址不存在";
    };
    readonly USER_NOT_FOUND: {
        readonly status: 404;
        readonly retryable: false;
        readonly en: "There is no such user.";
        readonly zh: "用户不存在";
    };
    readonly MESSAGE_NOT_FOUND: {
        readonly status: 404;
        readonly retryable: false;
        readonly en: "There is no such message.";
        readonly zh: "消息不存在";
    };
    readonly REQUEST_NOT_FOUND: {
        readonly status: 404;
        readonly retryable: false;
        readonly en: "There is no such friend request.";
        readonly zh: "好友请求不存在";
    };
    readonly CONVERSATION_NOT_FOUND: {
        readonly status: 404;
        readonly retryable: false;
        readonly en: "There is no such conversation.";
        readonly zh: "会话不存在";
    };
    readonly METHOD_NOT_ALLOWED: {
        readonly status: 405;
        readonly retryable: false;
        readonly en: "This method is not allowed here.";
        readonly zh: "不支持该请求方法";
    };
    readonly UPGRADE_REQUIRED: {
        readonly status: 426;
        readonly retryable: false;
        readonly en: "Please connect with WebSocket, version 13.";
        readonly zh: "请使用 WebSocket 连接";
    };
    readonly USERNAME_TAKEN: {
        readonly status: 409;
        readonly retryable: false;
        readonly en: "This username is taken.";
        readonly zh: "用户名已被使用";
    };
    readonly CONFLICT: {
        readonly status: 409;
        readonly retryable: false;
        readonly en: "This conflicts with the present state.";
        readonly zh: "操作与当前状态冲突";
    };
    readonly CLIENT_MSG_ID_CONFLICT: {
        readonly status: 409;
        readonly retryable: false;
        readonly en: "This client_msg_id was used for another message.";
        readonly zh: "该消息编号已用于另一条消息";
    };
    readonly MESSAGE_TOO_LARGE: {
        readonly status: 413;
        readonly retryable: false;
        readonly en: "The message is too large.";
        readonly zh: "消息过大";
    };
    readonly UNSUPPORTED_MEDIA_TYPE: {
        readonly status: 415;
        readonly retryable: false;
        readonly en: "The content type has to be application/json.";
        readonly zh: "请求内容类型必须是 application/json";
    };
    readonly RATE_LIMITED: {
        readonly status: 429;
        readonly retryable: true;
        readonly en: "Too many requests. Please try again later.";
        readonly zh: "操作过于频繁，请稍后再试";
    };
    readonly INTERNAL: {
        readonly status: 500;
        readonly retryable: true;
        readonly en: "Something went wrong on the server.";
        readonly zh: "服务器内部错误";
    };
    readonly UNAVAILABLE: {
        readonly status: 503;
        readonly retryable: true;
        readonly en: "The service is not available now. Please try again later.";
        readonly zh: "服务暂时不可用，请稍后再试";
    };
};
/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;
/** A close code of the socket, and whether a client should come back by itself. */
export interface CloseCode {
    readonly name: string;
    readonly meaning: string;
    readonly reconnect: boolean;
    readonly hint: string;
}
export declare const CLOSE_CODES: Readonly<Record<number, CloseCode>>;
/** The limits as a server has them unless it is set otherwise, in the units of their names; 0: none. */
export declare const LIMITS: {
    maxFrameBytes: number;
    idleTimeoutS: number;
    presenceGraceS: number;
    outboxMaxBytes: number;
    messagesPerS: number;
    messageBurst: number;
    refusedBeforeClose: number;
    loginsPerMin: number;
    failedLoginsPerMin: number;
    accessTokenTtlS: number;
};
/** The operations that need no token. */
export declare const OPEN_OPERATIONS: ReadonlySet<string>;
/** Where each frame of a client has its id, and which frames answer it. */
export declare const CLIENT_FRAMES: Readonly<Record<ClientFrame["type"], {
    readonly correlation: string | null;
    readonly replies: readonly string[];
}>>;
/** Where each frame of the server has the id of what it answers. */
export declare const SERVER_FRAMES: Readonly<Record<ServerFrame["type"], {
    readonly correlation: string | null;
}>>;
