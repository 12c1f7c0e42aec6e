import { GoChatError } from "./failures.js";
const PAGE = 100;
const RETRY_MS = 1000;
/** Makes a message of the timeline from one of the history. */
export function fromHistory(message) {
    const { id, conversationId, content, messageType, seqId, createdAt, clientMsgId } = message;
    const sender = { id: message.senderId, username: message.sender?.username ?? "" };
    if (message.sender?.avatarUrl !== undefined)
        sender.avatarUrl = message.sender.avatarUrl;
    const own = clientMsgId === undefined ? {} : { clientMsgId };
    return { id, conversationId, sender, content, messageType, seqId, createdAt, ...own };
}
export class Timeline {
    api;
    deliver;
    #streams = new Map();
    /** Counts the connections; what a former one began, the next does again. */
    #turn = 0;
    #hasListed = false;
    constructor(api, deliver) {
        this.api = api;
        this.deliver = deliver;
    }
    /** Forgets everything: somebody else logs in. */
    clear() {
        this.#turn += 1;
        this.#streams.clear();
        this.#hasListed = false;
    }
    /** Takes a message that came, in any order, any number of times. */
    receive(message) {
        const stream = this.#stream(message.conversationId);
        stream.known = Math.max(stream.known, message.seqId);
        if (stream.position === undefined && this.#hasListed)
            stream.position = message.seqId - 1;
        if (stream.position !== undefined && message.seqId <= stream.position)
            return;
        stream.held.set(message.seqId, { ...stream.held.get(message.seqId), ...message });
        this.#drain(message.conversationId, stream);
    }
    /** Takes the news that there is such a message, and fetches it. */
    expect(conversationId, seqId) {
        const stream = this.#stream(conversationId);
        stream.known = Math.max(stream.known, seqId);
        if (stream.position === undefined && this.#hasListed)
            stream.position = seqId - 1;
        if (stream.position !== undefined && seqId > stream.position)
            void this.#fetch(conversationId, stream);
    }
    /** Fetches what was missed; resolves with whether it got through all of it. To be called on each new connection. */
    async catchUp() {
        const turn = ++this.#turn;
        const conversations = await this.#list(turn);
        if (conversations === null)
            return false;
        const isFirst = !this.#hasListed;
        this.#hasListed = true;
        const behind = [];
        for (const conversation of conversations) {
            const stream = this.#stream(conversation.id);
            const last = conversation.lastMessage?.seqId ?? 0;
            if (stream.position === undefined) {
                const begin = isFirst ? last : last - (conversation.unreadCount ?? 0);
                stream.position = Math.max(0, Math.min(begin, ...[...stream.held.keys()].map((seqId) => seqId - 1)));
            }
            stream.known = Math.max(stream.known, last);
            if (last > stream.position)
                behind.push(this.#fetch(conversation.id, stream));
            this.#drain(conversation.id, stream);
        }
        for (const [id, stream] of this.#streams) {
            if (stream.position === undefined && stream.held.size > 0) {
                stream.position = Math.min(...stream.held.keys()) - 1;
                this.#drain(id, stream);
            }
        }
        await Promise.all(behind);
        return turn === this.#turn;
    }
    #stream(id) {
        const stream = this.#streams.get(id) ?? { position: undefined, known: 0, held: new Map(), fetching: null };
        this.#streams.set(id, stream);
        return stream;
    }
    /** Delivers what follows on what was delivered; fetches what is missing before the rest. */
    #drain(id, stream) {
        if (stream.position === undefined)
            return;
        for (const seqId of stream.held.keys())
            if (seqId <= stream.position)
                stream.held.delete(seqId);
        for (let next = stream.held.get(stream.position + 1); next; next = stream.held.get(stream.position + 1)) {
            stream.held.delete(next.seqId);
            stream.position = next.seqId;
            this.deliver(next);
        }
        if (stream.held.size > 0)
            void this.#fetch(id, stream);
    }
    #fetch(id, stream) {
        stream.fetching ??= this.#fetchAll(id, stream).finally(() => {
            stream.fetching = null;
            if (this.#streams.get(id) === stream && stream.held.size > 0)
                this.#drain(id, stream);
        });
        return stream.fetching;
    }
    async #fetchAll(id, stream) {
        // A later connection may wait for this same fetch, and know of more than there was when it began.
        while ((stream.position ?? 0) < stream.known && this.#streams.get(id) === stream) {
            try {
                const page = await this.api.listMessages(id, { after: stream.position ?? 0, limit: PAGE });
                for (const message of page.messages)
                    this.receive(fromHistory(message));
                if (page.messages.length === 0)
                    await wait(RETRY_MS); // it is known and not in the history: not at once again
            }
            catch (error) {
                if (isFinal(error)) {
                    this.#streams.delete(id); // not a member any more, or it is gone
                    return;
                }
                await wait(RETRY_MS);
            }
        }
    }
    /** Returns all conversations; null: there is no getting them, or a later connection does it. */
    async #list(turn) {
        const all = new Map();
        for (let page = 1; turn === this.#turn;) {
            try {
                const answer = await this.api.listConversations({ page, size: PAGE });
                for (const conversation of answer.conversations)
                    all.set(conversation.id, conversation);
                if (!answer.hasMore)
                    return turn === this.#turn ? [...all.values()] : null;
                page += 1;
            }
            catch (error) {
                if (isFinal(error))
                    return null;
                await wait(RETRY_MS);
            }
        }
        return null;
    }
    /** Takes one's own message, which is on disk now; nobody pushes it to the connection that sent it. */
    receiveOwn(user, sent, ack) {
        const sender = { id: user.id, username: user.username };
        if (user.avatarUrl !== undefined)
            sender.avatarUrl = user.avatarUrl;
        this.receive({
            id: ack.messageId,
            conversationId: sent.conversationId,
            sender,
            content: sent.content,
            messageType: sent.messageType,
            seqId: ack.seqId,
            createdAt: ack.createdAt,
            clientMsgId: sent.client_msg_id,
        });
    }
}
/** Whether asking again is in vain: the server has said no, and not for a passing reason. */
function isFinal(error) {
    return error instanceof GoChatError && !error.retryable;
}
async function wait(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms));
}
