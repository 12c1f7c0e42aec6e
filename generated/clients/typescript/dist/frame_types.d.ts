/** Types, by openapi-typescript. Written by `gochat generate`: change the spec, not this file. */
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Sends a message. */
        SendMessageFrame: {
            /** @constant */
            type: "send-message";
            data: components["schemas"]["SendMessageData"];
            timestamp?: components["schemas"]["Timestamp"];
        };
        /** @description The message and where it goes. Over WebSocket the `client_msg_id` is required. */
        SendMessageData: {
            conversationId: components["schemas"]["Id"];
            content: components["schemas"]["Content"];
            messageType: components["schemas"]["SendableMessageType"];
            client_msg_id: components["schemas"]["ClientMsgId"];
        };
        /** @description Keeps the socket alive. */
        PingFrame: {
            /** @constant */
            type: "ping";
            data?: components["schemas"]["PingData"];
            timestamp?: components["schemas"]["Timestamp"];
        };
        /** @description Nothing; it may be left out. */
        PingData: Record<string, never>;
        /** @description Moves the read pointer. */
        MarkReadFrame: {
            /** @constant */
            type: "mark-read";
            data: components["schemas"]["MarkReadData"];
            timestamp?: components["schemas"]["Timestamp"];
        };
        /** @description Up to which message, itself included, the conversation is read. */
        MarkReadData: {
            conversationId: components["schemas"]["Id"];
            seqId: components["schemas"]["SeqId"];
        };
        /** @description Pushes a stored message. */
        NewMessageFrame: {
            /** @constant */
            type: "new-message";
            data: components["schemas"]["NewMessageData"];
            timestamp: components["schemas"]["Timestamp"];
        };
        /** @description The stored message, with as much of its sender as is needed to show it. */
        NewMessageData: {
            id: components["schemas"]["Id"];
            conversationId: components["schemas"]["Id"];
            sender: components["schemas"]["MessageSender"];
            content: components["schemas"]["Content"];
            messageType: components["schemas"]["MessageType"];
            seqId: components["schemas"]["SeqId"];
            createdAt: components["schemas"]["Timestamp"];
        };
        /** @description Says that a message is on disk. */
        MessageAckFrame: {
            /** @constant */
            type: "message-ack";
            data: components["schemas"]["MessageAckData"];
            timestamp: components["schemas"]["Timestamp"];
        };
        /** @description What the message became. */
        MessageAckData: {
            client_msg_id: components["schemas"]["ClientMsgId"];
            messageId: components["schemas"]["Id"];
            /** @enum {string} */
            status: "success";
            seqId: components["schemas"]["SeqId"];
            createdAt: components["schemas"]["Timestamp"];
        };
        /** @description Says that a friend came online or went offline. */
        OnlineStatusFrame: {
            /** @constant */
            type: "online-status";
            data: components["schemas"]["OnlineStatusData"];
            timestamp: components["schemas"]["Timestamp"];
        };
        /** @description Who, and what he is now. */
        OnlineStatusData: {
            userId: components["schemas"]["Id"];
            /** @enum {string} */
            status: "online" | "offline";
        };
        /** @description Answers a ping. */
        PongFrame: {
            /** @constant */
            type: "pong";
            timestamp: components["schemas"]["Timestamp"];
        };
        /** @description Says what went wrong. */
        ErrorFrame: {
            /** @constant */
            type: "error";
            data: components["schemas"]["ErrorData"];
            timestamp: components["schemas"]["Timestamp"];
        };
        /** @description The failure. `details` is always there, `{}` where there is nothing to say. */
        ErrorData: {
            code: components["schemas"]["SocketErrorCode"];
            /** @description For people, Chinese unless the handshake's `Accept-Language` prefers English. Never branch on it. */
            message: string;
            details: components["schemas"]["ErrorDetails"];
        };
        /**
         * @description The codes of the catalogue that reach a socket.
         * @enum {string}
         */
        SocketErrorCode: "INVALID_MESSAGE" | "AUTH_FAILED" | "FORBIDDEN" | "CONVERSATION_NOT_FOUND" | "CLIENT_MSG_ID_CONFLICT" | "MESSAGE_TOO_LARGE" | "RATE_LIMITED" | "INTERNAL" | "UNAVAILABLE";
        /**
         * Format: int64
         * @description A time in whole Unix seconds, at most the largest integer that JSON carries safely (2^53 - 1).
         */
        Timestamp: number;
        /** @description An opaque identifier that the server gave out. Compare it, store it, send it back; read nothing into it. */
        Id: string;
        /** @description 1 to 4000 Unicode code points for every type of message; an image or a file is a URL or a small JSON text. Content that breaks nothing but its maxLength is MESSAGE_TOO_LARGE. */
        Content: string;
        /**
         * @description 1 text, 2 image, 3 file.
         * @enum {integer}
         */
        SendableMessageType: 1 | 2 | 3;
        /** @description Chosen by the client, once for each message that it means to send, and kept for every repeat of that send. It makes a send idempotent for ever, over HTTP and WebSocket and over all conversations of the sender. */
        ClientMsgId: string;
        /**
         * Format: int64
         * @description The place of a message in its conversation: it starts at 1 and goes up by exactly 1, without gap or reuse, in the order in which messages were stored.
         */
        SeqId: number;
        /** @description As much of the sender as a pushed message carries. */
        MessageSender: {
            id: components["schemas"]["Id"];
            username: components["schemas"]["Username"];
            avatarUrl?: components["schemas"]["AvatarUrl"];
        };
        /** @description ASCII letters, digits, `_`, `.` and `-`. Unique without regard to case, shown as registered. */
        Username: string;
        /**
         * Format: uri
         * @description An absolute http or https address of a picture, without user info. The server stores it and never fetches it.
         */
        AvatarUrl: string;
        /**
         * @description 1 text, 2 image, 3 file, 4 system (written by the server only).
         * @enum {integer}
         */
        MessageType: 1 | 2 | 3 | 4;
        /** @description More about a failure. `errors` comes with INVALID_REQUEST and INVALID_MESSAGE, `retryAfterMs` with RATE_LIMITED, `requestId` with INTERNAL, `client_msg_id` with an error frame that answers a failed send. */
        ErrorDetails: {
            /** @description The first 100, where there are more. */
            errors?: components["schemas"]["Violation"][];
            /** @description How long to wait before the next attempt, in milliseconds. */
            retryAfterMs?: number;
            /** @description Under which id the server's log tells the whole story. */
            requestId?: string;
            /** @description The `client_msg_id` of the send that failed, given back as it was read, even where it is itself what is wrong (so it may be the empty string). */
            client_msg_id?: string;
        };
        /** @description One thing that is wrong with a request or a frame. */
        Violation: {
            /** @description Where: an RFC 6901 pointer into the body or the frame, or `/query/NAME`, or `/path/NAME`. A missing or an unknown property is pointed at itself (`/name`). The empty string is the whole body or frame. */
            pointer: string;
            /** @description Which rule: the schema keyword that does not hold (`type`, `required`, `additionalProperties`, `enum`, `minLength`, `maxLength`, `pattern`, `format`, `minimum`, `maximum`, `minItems`, `maxItems`, `minProperties`), or `json` for broken JSON, `unicode` for U+0000 or a lone surrogate, `not` for a rule that no keyword states. */
            rule: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type SendMessageFrame = components['schemas']['SendMessageFrame'];
export type SendMessageData = components['schemas']['SendMessageData'];
export type PingFrame = components['schemas']['PingFrame'];
export type PingData = components['schemas']['PingData'];
export type MarkReadFrame = components['schemas']['MarkReadFrame'];
export type MarkReadData = components['schemas']['MarkReadData'];
export type NewMessageFrame = components['schemas']['NewMessageFrame'];
export type NewMessageData = components['schemas']['NewMessageData'];
export type MessageAckFrame = components['schemas']['MessageAckFrame'];
export type MessageAckData = components['schemas']['MessageAckData'];
export type OnlineStatusFrame = components['schemas']['OnlineStatusFrame'];
export type OnlineStatusData = components['schemas']['OnlineStatusData'];
export type PongFrame = components['schemas']['PongFrame'];
export type ErrorFrame = components['schemas']['ErrorFrame'];
export type ErrorData = components['schemas']['ErrorData'];
export type SocketErrorCode = components['schemas']['SocketErrorCode'];
export type Timestamp = components['schemas']['Timestamp'];
export type Id = components['schemas']['Id'];
export type Content = components['schemas']['Content'];
export type SendableMessageType = components['schemas']['SendableMessageType'];
export type ClientMsgId = components['schemas']['ClientMsgId'];
export type SeqId = components['schemas']['SeqId'];
export type MessageSender = components['schemas']['MessageSender'];
export type Username = components['schemas']['Username'];
export type AvatarUrl = components['schemas']['AvatarUrl'];
export type MessageType = components['schemas']['MessageType'];
export type ErrorDetails = components['schemas']['ErrorDetails'];
export type Violation = components['schemas']['Violation'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
