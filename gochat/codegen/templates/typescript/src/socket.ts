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

  // <frames>
}
