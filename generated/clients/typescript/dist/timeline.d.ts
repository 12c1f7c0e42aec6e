/**
 * Every message of every conversation, once and in order, whatever the connection does.
 *
 * A conversation's messages have the numbers 1, 2, 3, ... without a gap (`seqId`). So it is known what was delivered, what is
 * here already, and what is missing: that is fetched over HTTP.
 */
import type { GoChatApi } from "./api.js";
import type { NewMessageData } from "./frames.js";
import type { Message, User } from "./http_types.js";
type Core = Pick<NewMessageData, "id" | "conversationId" | "sender" | "content" | "messageType" | "seqId" | "createdAt">;
/** A message, from wherever it came: a push, the history, or the answer to one's own send. */
export type ChatMessage = Core & Partial<Omit<NewMessageData, keyof Core>> & {
    /** Of one's own messages, where it is known: what the send was called. */
    readonly clientMsgId?: string;
};
/** Makes a message of the timeline from one of the history. */
export declare function fromHistory(message: Message): ChatMessage;
export declare class Timeline {
    #private;
    private readonly api;
    private readonly deliver;
    constructor(api: Pick<GoChatApi, "listConversations" | "listMessages">, deliver: (message: ChatMessage) => void);
    /** Forgets everything: somebody else logs in. */
    clear(): void;
    /** Ends what is under way: there is no connection any more, and none is wanted. */
    stop(): void;
    /** Notes where every conversation stands: what follows is delivered. To be called before the first connection. */
    begin(): Promise<void>;
    /** Takes a message that came, in any order, any number of times. */
    receive(message: ChatMessage): void;
    /** Takes the news that there is such a message, and fetches it. */
    expect(conversationId: string, seqId: number): void;
    /** Fetches what was missed; resolves with whether it got through all of it. To be called on each new connection. */
    catchUp(): Promise<boolean>;
    /** Takes one's own message, which is on disk now; nobody pushes it to the connection that sent it. */
    receiveOwn(user: User, sent: SentData, ack: AckData): void;
}
type SentData = Pick<Core, "conversationId" | "content" | "messageType"> & {
    client_msg_id: string;
};
type AckData = Pick<Core, "seqId" | "createdAt"> & {
    messageId: string;
};
export {};
