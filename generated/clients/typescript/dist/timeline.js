import { GoChatError } from "./failures.js";
const PAGE = 100;
const RETRY_MS = 1000;
/** Makes a message of the timeline from one of the history. */
export function fromHistory(message) {
    const { senderId, sender, ...rest } = message;
    return { ...rest, sender: { ...sender, id: senderId, username: sender?.username ?? "" } };
}
export class Timeline {
    api;
    deliver;
    #streams = new Map();
    /** Counts the connections; what a former one began, the next does again. */
    #turn = 0;
    #isRunning = false;
    /** Whether the list of this connection is here; before it, an unknown conversation may have older messages. */
    #isListed = false;
    #hasBegun = false;
    constructor(api, deliver) {
        this.api = api;
        this.deliver = deliver;
    }
    /** Forgets everything: somebody else logs in. */
    clear() {
        this.stop();
        this.#streams.clear();
        this.#hasBegun = false;
    }
    /** Ends what is under way: there is no connection any more, and none is wanted. */
    stop() {
        this.#turn += 1;
        this.#isRunning = false;
        this.#isListed = false;
    }
    /** Notes where every conversation stands: what follows is delivered. To be called before the first connection. */
    async begin() {
        if (this.#hasBegun)
            return;
        const turn = this.#turn;
        let conversations = [];
        try {
            conversations = await this.#list();
        }
        catch (error) {
            if (!isFinal(error) || error.code === "AUTH_FAILED")
                throw error;
        }
        if (turn !== this.#turn)
            return;
        this.#hasBegun = true;
        for (const { id, lastMessage } of conversations)
            this.#stream(id).position ??= lastMessage?.seqId ?? 0;
    }
    /** Takes a message that came, in any order, any number of times. */
    receive(message) {
        const stream = this.#hear(message.conversationId, message.seqId);
        if (stream.position !== undefined && message.seqId <= stream.position)
            return;
        stream.held.set(message.seqId, { ...stream.held.get(message.seqId), ...message });
        this.#drain(message.conversationId, stream);
    }
    /** Takes the news that there is such a message, and fetches it. */
    expect(conversationId, seqId) {
        const stream = this.#hear(conversationId, seqId);
        if (stream.position !== undefined && seqId > stream.position)
            void this.#fetch(conversationId, stream);
    }
    /** Fetches what was missed; resolves with whether it got through all of it. To be called on each new connection. */
    async catchUp() {
        const turn = ++this.#turn;
        this.#isRunning = true;
        this.#isListed = false;
        const conversations = await this.#listPatiently(turn);
        if (turn !== this.#turn)
            return false;
        this.#isListed = true;
        const behind = [];
        for (const conversation of conversations ?? []) {
            const stream = this.#stream(conversation.id);
            const last = conversation.lastMessage?.seqId ?? 0;
            stream.known = Math.max(stream.known, last);
            const unread = conversation.unreadCount ?? 0; // of one that is new to us
            stream.position ??= Math.max(0, Math.min(last - unread, stream.lowest - 1));
        }
        for (const [id, stream] of [...this.#streams]) {
            if (stream.position === undefined && stream.lowest < Infinity)
                stream.position = stream.lowest - 1;
            this.#drain(id, stream);
            if (stream.position !== undefined && stream.position < stream.known)
                behind.push(this.#fetch(id, stream));
        }
        await Promise.all(behind);
        return turn === this.#turn && conversations !== null;
    }
    #stream(id) {
        const fresh = { position: undefined, known: 0, lowest: Infinity, held: new Map(), fetching: null };
        const stream = this.#streams.get(id) ?? fresh;
        this.#streams.set(id, stream);
        return stream;
    }
    /** Notes that a message exists. */
    #hear(id, seqId) {
        const stream = this.#stream(id);
        stream.known = Math.max(stream.known, seqId);
        stream.lowest = Math.min(stream.lowest, seqId);
        if (stream.position === undefined && this.#isListed)
            stream.position = seqId - 1;
        return stream;
    }
    #isCurrent(id, stream) {
        return this.#streams.get(id) === stream;
    }
    /** Delivers what follows on what was delivered; fetches what is missing before the rest. */
    #drain(id, stream) {
        while (stream.position !== undefined && this.#isCurrent(id, stream)) {
            const next = stream.held.get(stream.position + 1);
            if (next === undefined)
                break;
            stream.held.delete(next.seqId);
            stream.position = next.seqId;
            this.deliver(next); // the listener may log out
        }
        const { position } = stream;
        if (position === undefined || !this.#isCurrent(id, stream))
            return;
        for (const seqId of stream.held.keys())
            if (seqId <= position)
                stream.held.delete(seqId);
        if (stream.held.size > 0)
            void this.#fetch(id, stream);
    }
    #fetch(id, stream) {
        if (!this.#isRunning)
            return Promise.resolve();
        stream.fetching ??= this.#fetchAll(id, stream);
        return stream.fetching;
    }
    async #fetchAll(id, stream) {
        const isWanted = () => this.#isRunning && this.#isCurrent(id, stream);
        // A later connection may wait for this same fetch, and know of more than there was when it began.
        while ((stream.position ?? 0) < stream.known && isWanted()) {
            try {
                const page = await this.api.listMessages(id, { after: stream.position ?? 0, limit: PAGE });
                for (const message of page.messages)
                    if (isWanted())
                        this.receive(fromHistory(message));
                if (page.messages.length === 0)
                    await wait(RETRY_MS); // it is known and not in the history: not at once again
            }
            catch (error) {
                if (isFinal(error)) {
                    if (this.#isCurrent(id, stream))
                        this.#streams.delete(id); // not a member any more, or it is gone
                    return;
                }
                await wait(RETRY_MS);
            }
        }
        stream.fetching = null; // at once: what comes next begins another
    }
    async #list() {
        const all = new Map();
        for (let page = 1, hasMore = true; hasMore; page += 1) {
            const answer = await this.api.listConversations({ page, size: PAGE });
            for (const conversation of answer.conversations)
                all.set(conversation.id, conversation);
            hasMore = answer.hasMore;
        }
        return [...all.values()];
    }
    /** Returns all conversations; null: there is no getting them. Stops when a later connection does it. */
    async #listPatiently(turn) {
        while (turn === this.#turn) {
            try {
                return await this.#list();
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
        const { client_msg_id: clientMsgId, ...said } = sent;
        const { messageId: id, seqId, createdAt } = ack;
        this.receive({ ...said, id, seqId, createdAt, clientMsgId, sender: senderOf(user) });
    }
}
function senderOf(user) {
    const { id, username, avatarUrl } = user;
    return avatarUrl === undefined ? { id, username } : { id, username, avatarUrl };
}
/** Whether asking again is in vain: the server has said no, and not for a passing reason. */
function isFinal(error) {
    return error instanceof GoChatError && !error.retryable;
}
async function wait(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms));
}
