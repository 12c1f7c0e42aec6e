/** The socket with a method for each frame that a client may send, and the messages of all conversations in order. */
import type { GoChatApi } from "./api.js";
import { FrameSocket, type SocketEvents, type SocketOptions } from "./frame_socket.js";
import type * as frames from "./frames.js";
import type { User } from "./http_types.js";
import { type ChatMessage, Timeline } from "./timeline.js";

/** What one can listen to: the frames by their `type`, and these. */
export interface GoChatEvents extends SocketEvents {
  /**
   * Every message of every conversation from the first `open` on, one's own too: once, in order of seqId, with what was
   * missed while away.
   */
  message: ChatMessage;
  /** Everything that was missed before this connection has been delivered. */
  synced: undefined;
}

export class GoChatSocket extends FrameSocket<GoChatEvents> {
  readonly #timeline: Timeline;

  /** @param user Who is logged in. */
  constructor(options: SocketOptions, api: GoChatApi, user: () => User | null) {
    super(options);
    this.#timeline = new Timeline(api, (message) => this.emit("message", message));
    this.on("new-message", (message) => {
      // A push does not say what its send was called; of one's own, sent over HTTP or a former connection, history does.
      if (message.sender.id === user()?.id) this.#timeline.expect(message.conversationId, message.seqId);
      else this.#timeline.receive(message);
    });
    this.on("answered", ({ type, data, reply }) => {
      const self = user();
      if (type === "send-message" && self !== null) {
        this.#timeline.receiveOwn(self, data as unknown as frames.SendMessageData, reply as unknown as frames.MessageAckData);
      }
    });
    this.on("opened", () => {
      this.#timeline.catchUp().then(
        (isDone) => isDone && this.emit("synced", undefined),
        () => undefined, // the next connection catches up
      );
    });
  }

  protected override async prepare(): Promise<void> {
    await this.#timeline.begin();
  }

  override close(): void {
    super.close();
    this.#timeline.stop();
  }

  /** Forgets which messages were delivered: somebody else logs in. */
  forget(): void {
    this.#timeline.clear();
  }

  /**
   * Sends a message, exactly once, however often the connection breaks on the way.
   *
   * Resolves when it is on disk; waits while there is no connection. Rejects with GoChatError when the server refuses
   * it, and with ConnectionLost when the socket is closed: it may have been sent all the same.
   *
   * @param options `messageType`: 1 text (the default), 2 image, 3 file. `clientMsgId`: made where it is not given.
   */
  async send(
    conversationId: string,
    content: string,
    options: { messageType?: frames.SendableMessageType; clientMsgId?: string } = {},
  ): Promise<frames.MessageAckData> {
    const { messageType = 1, clientMsgId } = options;
    const id = clientMsgId === undefined ? {} : { client_msg_id: clientMsgId };
    return await this.sendMessage({ conversationId, content, messageType, ...id });
  }

  /**
   * Stores a message and pushes it to the members who are online.
   *
   * Answered by a `message-ack` once the message is on disk, or by an `error`; both carry the `client_msg_id`.
   *
   * *Who*: any member of the conversation; guests in the world chat only. Errors of the state, in this order:
   * CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.
   *
   * *Idempotent for ever*: the same `client_msg_id` from the same sender with the same `conversationId`,
   * `messageType` and `content` gives the same `messageId` and `seqId` again and is not pushed again, even after the
   * sender has left or the group is gone. With another body it is CLIENT_MSG_ID_CONFLICT. The ids are shared with
   * `POST /conversations/{conversationId}/messages` and run over all conversations of the sender.
   *
   * *Pushed* as `new-message` to every member who is online, but not to the connection that sent it.
   *
   * *Read pointer*: sending does not move it.
   *
   * *Rate*: 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted; then
   * RATE_LIMITED with `details.retryAfterMs`. 100 refused frames on one connection without a pause of 2 s close it
   * with 4429.
   *
   * *Too large*: `content` over 4000 code points that is otherwise fine is MESSAGE_TOO_LARGE and the socket stays; a
   * frame over the limit of bytes is MESSAGE_TOO_LARGE and the close with 1009.
   */
  sendMessage(data: Omit<frames.SendMessageData, "client_msg_id"> & Partial<Pick<frames.SendMessageData, "client_msg_id">>): Promise<frames.ServerEvents["message-ack"]> {
    return this.request("send-message", data);
  }

  /**
   * Answered by a pong.
   *
   * To be sent every 30 s, whatever else is sent. A WebSocket control frame counts as a sign of life too, but a browser
   * cannot send one. The pong comes after everything that this connection sent before has been done and answered, so a
   * client can tell by it that a `mark-read`, which is not answered when it succeeds, has had its effect.
   */
  ping(data?: frames.PingData): Promise<frames.ServerEvents["pong"]> {
    return this.ask("ping", data);
  }

  /**
   * Moves the read pointer of a conversation forward.
   *
   * Not answered when it succeeds; answered by an `error` when it fails (CONVERSATION_NOT_FOUND, then FORBIDDEN for
   * who is not a member). A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds
   * and changes nothing. `PUT /conversations/{conversationId}/read` does the same and tells what is left to read.
   */
  markRead(data: frames.MarkReadData): void {
    this.post("mark-read", data);
  }
}
