/** The frames of the socket, both ways. Written by `gochat generate`: change the spec, not this file. */
import type { ErrorData, ErrorFrame, MarkReadFrame, MessageAckData, MessageAckFrame, NewMessageData, NewMessageFrame, OnlineStatusData, OnlineStatusFrame, PingFrame, PongFrame, SendMessageFrame } from "./frame_types.js";
export type { SendMessageFrame, SendMessageData, PingFrame, PingData, MarkReadFrame, MarkReadData, NewMessageFrame, NewMessageData, MessageAckFrame, MessageAckData, OnlineStatusFrame, OnlineStatusData, PongFrame, ErrorFrame, ErrorData, SocketErrorCode, Timestamp, Id, Content, SendableMessageType, ClientMsgId, SeqId, MessageSender, Username, AvatarUrl, MessageType, ErrorDetails, Violation, } from "./frame_types.js";
/** What a client may send, told apart by `type`. */
export type ClientFrame = SendMessageFrame | PingFrame | MarkReadFrame;
/** What the server sends, told apart by `type`. A newer server may send more, which is ignored. */
export type ServerFrame = NewMessageFrame | MessageAckFrame | OnlineStatusFrame | PongFrame | ErrorFrame;
/** The `data` of each frame that the server sends, by its `type`. */
export interface ServerEvents {
    /**
     * A message was stored in a conversation of this user.
     *
     * Goes to every member who is online, but the connection that sent it; a message that was sent over HTTP goes to the
     * sender's own socket too. Within a conversation pushes come in ascending `seqId`; a hole means a missed push, to be
     * fetched with `after`. A repeat of an idempotent send is not pushed again.
     */
    "new-message": NewMessageData;
    /**
     * The message is on disk, under this id and this seqId.
     *
     * Goes to the connection that sent the `send-message` frame, once for each frame that succeeded.
     */
    "message-ack": MessageAckData;
    /**
     * A friend came online or went offline.
     *
     * About friends only. On connect a client gets one `online` for each friend who is online; two who become friends
     * while both are online get one each. A user goes offline GOCHAT_PRESENCE_GRACE_S (10 s) after the last
     * socket closed without a new one; a shorter flap sends nothing, and who is within that time counts as online.
     */
    "online-status": OnlineStatusData;
    /**
     * The server is there.
     *
     * Answers each `ping`; has no data.
     */
    "pong": undefined;
    /**
     * A frame was refused, or the socket is about to be closed.
     *
     * The socket stays open, but after AUTH_FAILED (closed with 4401), after MESSAGE_TOO_LARGE for a frame over the limit
     * of bytes (1009), and when RATE_LIMITED is ignored (4429).
     */
    "error": ErrorData;
}
